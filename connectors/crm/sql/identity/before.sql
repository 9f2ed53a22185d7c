-- What the clients were like before the persons of staged_people are written into them, for those who
-- are linked now. Expects staged_people, organization_id; run when new clients have been made.
update pg_temp.staged_people as s
set columns_before = jsonb_build_object(
  'email', c.email,
  'phone', c.phone,
  'full_name', c.full_name,
  'company_name', c.company_name,
  'address', c.address,
  'ecommerce_customer_id', c.ecommerce_customer_id,
  'client_type', c.client_type,
  'lifecycle_stage', c.lifecycle_stage,
  'source', c.source,
  'first_contact_date', c.first_contact_date,
  'last_contact_date', c.last_contact_date
)
from public.crm_clients as c
where
  c.organization_id = %(organization_id)s
  and s.client_id = c.id
  and not s.is_mapped
  and not s.is_new
