-- The winner takes what it has not from the loser. Nothing that anybody wrote into it is overwritten;
-- the dates widen, tags unite, type and stage move forward only.
-- Expects organization_id, winner_id, loser (its image), tags. Returns the winner's new image.
update public.crm_clients as c
set
  contact_id = coalesce(c.contact_id, l.contact_id),
  client_type = case
    when c.client_type = 'partner' or l.client_type is null then c.client_type
    when l.client_type = 'partner' then l.client_type
    when 'customer' in (c.client_type, l.client_type) then 'customer'
    when c.client_type = 'inactive' then l.client_type
    when c.client_type = 'lead' and l.client_type = 'prospect' then l.client_type
    else c.client_type
  end,
  company_name = coalesce(c.company_name, l.company_name),
  full_name = coalesce(c.full_name, l.full_name),
  email = coalesce(c.email, l.email),
  phone = coalesce(c.phone, l.phone),
  secondary_phone = coalesce(c.secondary_phone, l.secondary_phone),
  address = coalesce(c.address, l.address),
  ecommerce_customer_id = coalesce(c.ecommerce_customer_id, l.ecommerce_customer_id),
  source = coalesce(c.source, l.source),
  source_details = coalesce(c.source_details, l.source_details),
  utm_data = coalesce(c.utm_data, l.utm_data),
  lifecycle_stage = case
    when
      array_position(
        array['lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist'], l.lifecycle_stage
      )
      > array_position(
        array['lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist'],
        coalesce(c.lifecycle_stage, 'lead')
      )
      then l.lifecycle_stage
    else coalesce(c.lifecycle_stage, l.lifecycle_stage)
  end,
  lead_score = coalesce(nullif(c.lead_score, 0), l.lead_score, c.lead_score),
  lead_quality = coalesce(c.lead_quality, l.lead_quality),
  assigned_to = coalesce(c.assigned_to, l.assigned_to),
  tags = %(tags)s::text [],
  custom_fields = case
    when c.custom_fields is null or l.custom_fields is null
      then coalesce(c.custom_fields, l.custom_fields)
    when jsonb_typeof(c.custom_fields) = 'object' and jsonb_typeof(l.custom_fields) = 'object'
      then l.custom_fields || c.custom_fields
    else c.custom_fields
  end,
  platform_user_id = coalesce(c.platform_user_id, l.platform_user_id),
  first_contact_date = least(c.first_contact_date, l.first_contact_date),
  last_contact_date = greatest(c.last_contact_date, l.last_contact_date),
  next_follow_up_date = coalesce(c.next_follow_up_date, l.next_follow_up_date),
  created_at = least(c.created_at, l.created_at)
from jsonb_populate_record(null::public.crm_clients, %(loser)s) as l
where c.organization_id = %(organization_id)s and c.id = %(winner_id)s
returning to_jsonb(c) as image
