-- Writes the columns of an image into the client that is there, its totals and id left alone.
-- Expects organization_id, client_id, image (whole).
update public.crm_clients as c
set
  contact_id = i.contact_id,
  client_type = i.client_type,
  company_name = i.company_name,
  full_name = i.full_name,
  email = i.email,
  phone = i.phone,
  secondary_phone = i.secondary_phone,
  address = i.address,
  ecommerce_customer_id = i.ecommerce_customer_id,
  source = i.source,
  source_details = i.source_details,
  utm_data = i.utm_data,
  lifecycle_stage = i.lifecycle_stage,
  lead_score = i.lead_score,
  lead_quality = i.lead_quality,
  assigned_to = i.assigned_to,
  tags = i.tags,
  custom_fields = i.custom_fields,
  platform_user_id = i.platform_user_id,
  first_contact_date = i.first_contact_date,
  last_contact_date = i.last_contact_date,
  next_follow_up_date = i.next_follow_up_date,
  created_at = i.created_at
from jsonb_populate_record(null::public.crm_clients, %(image)s) as i
where c.organization_id = %(organization_id)s and c.id = %(client_id)s
