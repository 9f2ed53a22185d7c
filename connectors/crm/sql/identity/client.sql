-- Expects organization_id, client_id. Returns the client in a few words.
select
  c.full_name,
  c.company_name,
  c.email,
  c.phone,
  c.ecommerce_customer_id,
  c.source,
  c.contact_id is not null as has_contact,
  c.total_orders,
  c.total_revenue,
  c.created_at
from public.crm_clients as c
where c.organization_id = %(organization_id)s and c.id = %(client_id)s
