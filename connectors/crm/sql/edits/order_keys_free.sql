-- Take shop ids from whatever orders have them: two that somebody swapped stand in each other's way.
-- Expects organization_id, shop_ids.
update public.crm_orders as r
set ecommerce_order_id = null
where
  r.organization_id = %(organization_id)s
  and r.ecommerce_order_id = any(%(shop_ids)s::text [])
