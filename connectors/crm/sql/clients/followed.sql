-- Whose customer clients follow by now, their rows being locked.
-- Expects organization_id, client_ids. Returns the client and the shop id, null where it may take one.
select
  c.id,
  sync.followed_customer_id(c.organization_id, c.id, c.ecommerce_customer_id) as followed_id
from public.crm_clients as c
where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
