-- Expects nothing. Returns every organization: its id (an organization_id) and name.
select
  o.id::text,
  o.name
from public.organizations as o
order by o.name, o.id
