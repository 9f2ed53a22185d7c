-- When the first order of a store was placed that the CRM holds. Expects organization_id, store_id.
select min(o.order_date) as order_date
from public.crm_orders as o
inner join sync.record_map as m
  on o.organization_id = m.organization_id and o.id = m.crm_id and m.entity = 'orders'
where
  o.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.deleted_at is null
