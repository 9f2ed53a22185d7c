-- The orders of these clients, whoever wrote them. Expects organization_id, client_ids.
-- Returns the order's id, and store_id and external_id where a store brought it.
select
  o.id,
  m.store_id,
  m.external_id
from public.crm_orders as o
left join sync.record_map as m
  on o.organization_id = m.organization_id and m.entity = 'orders' and o.id = m.crm_id
where
  o.organization_id = %(organization_id)s
  and o.client_id = any(%(client_ids)s::uuid [])
order by o.id, m.store_id, m.external_id
