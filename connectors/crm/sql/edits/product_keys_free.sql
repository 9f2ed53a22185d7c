-- Take shop ids from whatever products have them: two that somebody swapped stand in each other's way.
-- Expects organization_id, shop_ids.
update public.crm_products as p
set ecommerce_product_id = null
where
  p.organization_id = %(organization_id)s
  and p.ecommerce_product_id = any(%(shop_ids)s::text [])
