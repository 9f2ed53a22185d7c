-- Expects staged_people, organization_id, platform. Makes the clients that are new, one each.
--
-- Business dates come from the shop; created_at too, because the views count clients by it and a
-- backfill would otherwise count everybody in the month of the backfill. Only of a person of whom the
-- shop knows no time at all it is ours, until an order tells (update.sql).
insert into public.crm_clients (
  id, organization_id, client_type, lifecycle_stage, company_name, full_name, email, phone, address,
  ecommerce_customer_id, source, first_contact_date, last_contact_date, created_at
)
select
  s.client_id,
  %(organization_id)s,
  case when s.is_deleted then 'inactive' when s.has_ordered then 'customer' else 'lead' end,
  case when s.has_ordered then 'customer' else 'lead' end,
  s.company_name,
  s.full_name,
  s.email,
  s.phone,
  s.address,
  s.ecommerce_customer_id,
  %(platform)s,
  s.first_seen,
  s.last_seen,
  coalesce(s.first_seen, s.source_updated_at, now())
from pg_temp.staged_people as s
where s.is_new and s.round = 0
order by s.client_id
