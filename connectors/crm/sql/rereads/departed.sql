-- Customers that have left, once no order waits to be read again that may tell whom they became.
-- Expects organization_id, store_id. Returns external_id.
select d.external_id
from sync.departed_customers as d
where
  d.organization_id = %(organization_id)s
  and d.store_id = %(store_id)s
  and not exists (
    select
    from sync.rereads as r
    where
      r.organization_id = d.organization_id
      and r.store_id = d.store_id
      and r.stream = 'orders'
  )
order by d.external_id
