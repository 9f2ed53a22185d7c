-- When each day was last compared with the store. Expects organization_id, store_id. Returns day,
-- checked_at; days that the store could not tell do not count.
select
  r.day,
  max(r.checked_at) as checked_at
from sync.reconciliations as r
where
  r.organization_id = %(organization_id)s
  and r.store_id = %(store_id)s
  and r.stream = 'orders'
  and r.kind = 'day'
  and r.state <> 'unknown'
group by r.day
