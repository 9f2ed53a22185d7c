-- The rows of one CRM table as they are, for a comparison before and after a write.
--
-- Expects organization_id, table_name, row_ids. Returns id and the row as JSON text.
select
  c.id,
  to_jsonb(c)::text as image
from public.crm_clients as c
where
  %(table_name)s = 'crm_clients'
  and c.organization_id = %(organization_id)s
  and c.id = any(%(row_ids)s::uuid [])
union all
select
  p.id,
  to_jsonb(p)::text
from public.crm_products as p
where
  %(table_name)s = 'crm_products'
  and p.organization_id = %(organization_id)s
  and p.id = any(%(row_ids)s::uuid [])
union all
select
  r.id,
  to_jsonb(r)::text
from public.crm_orders as r
where
  %(table_name)s = 'crm_orders'
  and r.organization_id = %(organization_id)s
  and r.id = any(%(row_ids)s::uuid [])
