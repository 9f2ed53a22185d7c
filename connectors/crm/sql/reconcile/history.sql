-- The live orders of a store that the CRM holds. Expects organization_id, store_id. Returns when the
-- first was placed, and how many there are. What was placed in a year that no store means is found by its
-- digest, and would only be days without end.
select
  min(o.order_date) filter (
    where o.order_date between '1970-01-01' and '2200-12-31'
  ) as first_placed,
  count(*) as order_count
from public.crm_orders as o
inner join sync.record_map as m
  on o.organization_id = m.organization_id and o.id = m.crm_id and m.entity = 'orders'
where
  o.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.deleted_at is null
