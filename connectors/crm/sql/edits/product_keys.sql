-- Products of these records whose shop id somebody changed. Expects organization_id, store_id,
-- id_prefix, external_ids. Returns the row and the shop id it should have.
--
-- The merge finds a product by its shop id: one without would be loaded a second time.
select
  p.id,
  %(id_prefix)s || m.external_id as shop_id
from sync.record_map as m
inner join public.crm_products as p on m.organization_id = p.organization_id and m.crm_id = p.id
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'products'
  and m.external_id = any(%(external_ids)s::text [])
  and p.ecommerce_product_id is distinct from %(id_prefix)s || m.external_id
