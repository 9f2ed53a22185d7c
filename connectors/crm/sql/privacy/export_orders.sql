-- Expects organization_id, order_ids. Returns each order's row as JSON.
select to_jsonb(o)
from public.crm_orders as o
where o.organization_id = %(organization_id)s and o.id = any(%(order_ids)s::uuid [])
order by o.order_date, o.id
