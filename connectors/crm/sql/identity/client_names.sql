-- Whose addresses are these? Expects organization_id, emails (lower case). Returns email, client_id,
-- full_name.
select
  lower(c.email) as email,
  c.id as client_id,
  c.full_name
from public.crm_clients as c
where
  c.organization_id = %(organization_id)s
  and lower(c.email) = any(%(emails)s::text [])
order by c.created_at, c.id
