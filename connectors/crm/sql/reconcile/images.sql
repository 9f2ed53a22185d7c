-- The CRM's rows of some records, whole. Expects organization_id, store_id, stream, external_ids.
-- Returns external_id, image (JSON).
select
  m.external_id,
  coalesce(to_jsonb(o), to_jsonb(p), to_jsonb(c)) as image
from sync.record_map as m
left join public.crm_orders as o
  on m.organization_id = o.organization_id and m.crm_id = o.id and m.entity = 'orders'
left join public.crm_products as p
  on m.organization_id = p.organization_id and m.crm_id = p.id and m.entity = 'products'
left join public.crm_clients as c
  on m.organization_id = c.organization_id and m.crm_id = c.id and m.entity = 'customers'
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(stream)s
  and m.external_id = any(%(external_ids)s::text [])
  and m.content_hash is not null
