-- Expects id. Returns Channel's fields in order, the organization_id among them.
select
  c.id::text,
  c.organization_id::text,
  o.name as organization_name,
  c.name,
  c.platform,
  c.is_active,
  c.credentials is not null
from public.channels as c
inner join public.organizations as o on c.organization_id = o.id
where c.id = %(id)s::uuid
