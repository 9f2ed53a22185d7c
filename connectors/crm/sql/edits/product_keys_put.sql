-- Give products back the shop ids that somebody changed, once nobody else has them.
-- Expects organization_id and arrays of equal length: row_ids, shop_ids.
update public.crm_products as p
set ecommerce_product_id = s.shop_id
from unnest(%(row_ids)s::uuid [], %(shop_ids)s::text []) as s (row_id, shop_id)
where p.organization_id = %(organization_id)s and p.id = s.row_id
