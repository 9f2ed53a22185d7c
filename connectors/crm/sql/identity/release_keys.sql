-- What only one client may have, taken from the one that goes. Expects organization_id, client_id.
update public.crm_clients as c
set contact_id = null, ecommerce_customer_id = null
where
  c.organization_id = %(organization_id)s
  and c.id = %(client_id)s
  and (c.contact_id is not null or c.ecommerce_customer_id is not null)
