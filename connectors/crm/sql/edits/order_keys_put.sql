-- Give orders back the shop ids that somebody changed, once nobody else has them.
-- Expects organization_id and arrays of equal length: row_ids, shop_ids.
update public.crm_orders as r
set ecommerce_order_id = s.shop_id
from unnest(%(row_ids)s::uuid [], %(shop_ids)s::text []) as s (row_id, shop_id)
where r.organization_id = %(organization_id)s and r.id = s.row_id
