-- The last reconciliation of a stream. Expects organization_id, store_id, stream. Returns checked_at,
-- watermark.
select
  r.checked_at,
  r.watermark
from sync.reconciliations as r
where
  r.organization_id = %(organization_id)s
  and r.store_id = %(store_id)s
  and r.stream = %(stream)s
  and r.kind = 'rows'
order by r.checked_at desc
limit 1
