-- Expects organization_id, client_ids, is_everything. Returns the ids of the clients that held
-- something. The row stays with its totals, dates and states.
update public.crm_clients as c
set
  full_name = null,
  company_name = null,
  email = null,
  phone = null,
  secondary_phone = null,
  address = null,
  platform_user_id = case when %(is_everything)s then null else c.platform_user_id end,
  source_details = case when %(is_everything)s then null else c.source_details end,
  utm_data = case when %(is_everything)s then null else c.utm_data end,
  custom_fields = case when %(is_everything)s then null else c.custom_fields end,
  tags = case when %(is_everything)s then null else c.tags end
where
  c.organization_id = %(organization_id)s
  and c.id = any(%(client_ids)s::uuid [])
  and (
    num_nonnulls(
      c.full_name, c.company_name, c.email, c.phone, c.secondary_phone, c.address
    ) > 0
    or (
      %(is_everything)s
      and num_nonnulls(
        c.platform_user_id, c.source_details, c.utm_data, c.custom_fields, c.tags
      ) > 0
    )
  )
returning c.id
