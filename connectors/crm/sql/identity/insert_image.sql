-- A client as an image has it, without what somebody else has by now or what is no more; its totals
-- follow when its orders come. Expects organization_id, image (whole, its id included).
insert into public.crm_clients (
  id, organization_id, contact_id, client_type, company_name, full_name, email, phone,
  secondary_phone, address, ecommerce_customer_id, source, source_details, utm_data,
  lifecycle_stage, lead_score, lead_quality, assigned_to, tags, custom_fields, platform_user_id,
  first_contact_date, last_contact_date, next_follow_up_date, created_at
)
select
  i.id,
  %(organization_id)s,
  (
    select k.id
    from public.contacts as k
    where
      k.organization_id = %(organization_id)s
      and k.id = i.contact_id
      and not exists (select from public.crm_clients as t where t.contact_id = k.id)
  ),
  i.client_type,
  i.company_name,
  i.full_name,
  i.email,
  i.phone,
  i.secondary_phone,
  i.address,
  case when not exists (
    select
    from public.crm_clients as t
    where
      t.organization_id = %(organization_id)s
      and t.ecommerce_customer_id = i.ecommerce_customer_id
  ) then i.ecommerce_customer_id end,
  i.source,
  i.source_details,
  i.utm_data,
  i.lifecycle_stage,
  i.lead_score,
  i.lead_quality,
  (
    select p.id
    from public.profiles as p
    where p.organization_id = %(organization_id)s and p.id = i.assigned_to
  ),
  i.tags,
  i.custom_fields,
  i.platform_user_id,
  i.first_contact_date,
  i.last_contact_date,
  i.next_follow_up_date,
  i.created_at
from jsonb_populate_record(null::public.crm_clients, %(image)s) as i
where i.organization_id = %(organization_id)s
