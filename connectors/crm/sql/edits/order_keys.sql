-- Orders of these records whose shop id somebody changed. Expects organization_id, store_id,
-- id_prefix, external_ids. Returns the row and the shop id it should have.
--
-- The merge finds an order by its shop id: one without would be loaded a second time.
select
  r.id,
  %(id_prefix)s || m.external_id as shop_id
from sync.record_map as m
inner join public.crm_orders as r on m.organization_id = r.organization_id and m.crm_id = r.id
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.external_id = any(%(external_ids)s::text [])
  and r.ecommerce_order_id is distinct from %(id_prefix)s || m.external_id
