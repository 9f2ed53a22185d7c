-- Expects staged_people, organization_id, platform, round. Brings known clients up to date.
--
-- A customer record overwrites what the shop owns, an order only fills gaps, and a null never
-- overwrites anything. What people own (assigned_to, lead_score, tags, ...) does not appear here.
-- client_type and lifecycle_stage only move forward; a deleted customer becomes inactive, and one
-- the shop has again comes back. Which customer the client follows is written by follow.sql.
with wanted as (
  select
    c.id,
    case
      when s.is_deleted and s.is_owner then 'inactive'
      when s.is_owner and c.client_type = 'inactive' and exists (
        select
        from sync.record_map as m
        where
          m.organization_id = %(organization_id)s
          and m.crm_id = c.id
          and m.entity = 'customers'
          and m.deleted_at is not null
      ) then case when s.has_ordered or c.total_orders > 0 then 'customer' else 'lead' end
      when s.has_ordered and c.client_type in ('lead', 'prospect') then 'customer'
      else c.client_type
    end as client_type,
    case
      when
        s.has_ordered
        and coalesce(c.lifecycle_stage, 'lead') in ('lead', 'mql', 'sql', 'opportunity')
        then 'customer'
      else c.lifecycle_stage
    end as lifecycle_stage,
    case when s.is_owner then coalesce(s.company_name, c.company_name)
      else coalesce(c.company_name, s.company_name) end as company_name,
    case when s.is_owner then coalesce(s.full_name, c.full_name)
      else coalesce(c.full_name, s.full_name) end as full_name,
    case when s.is_owner then coalesce(s.email, c.email)
      else coalesce(c.email, s.email) end as email,
    case when s.is_owner then coalesce(s.phone, c.phone)
      else coalesce(c.phone, s.phone) end as phone,
    case when s.is_owner then coalesce(s.address, c.address)
      else coalesce(c.address, s.address) end as address,
    coalesce(c.source, %(platform)s) as source,
    least(c.first_contact_date, s.first_seen) as first_contact_date,
    greatest(c.last_contact_date, s.last_seen) as last_contact_date,
    -- A client of whom no time was known when it was made is as old as its first order.
    case
      when c.first_contact_date is null and s.first_seen < c.created_at then s.first_seen
      else c.created_at
    end as created_at
  from pg_temp.staged_people as s
  inner join public.crm_clients as c
    on c.organization_id = %(organization_id)s and c.id = s.client_id
  where s.round = %(round)s and not (s.is_new and s.round = 0)
)

update public.crm_clients as c
set
  client_type = w.client_type,
  lifecycle_stage = w.lifecycle_stage,
  company_name = w.company_name,
  full_name = w.full_name,
  email = w.email,
  phone = w.phone,
  address = w.address,
  source = w.source,
  first_contact_date = w.first_contact_date,
  last_contact_date = w.last_contact_date,
  created_at = w.created_at
from wanted as w
where
  c.organization_id = %(organization_id)s
  and c.id = w.id
  and (
    c.client_type, c.lifecycle_stage, c.company_name, c.full_name, c.email, c.phone, c.address,
    c.source, c.first_contact_date, c.last_contact_date, c.created_at
  ) is distinct from (
    w.client_type, w.lifecycle_stage, w.company_name, w.full_name, w.email, w.phone, w.address,
    w.source, w.first_contact_date, w.last_contact_date, w.created_at
  )
