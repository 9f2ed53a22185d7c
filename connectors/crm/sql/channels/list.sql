-- Expects organization_id (null for all). Returns Channel's fields in order.
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
where %(organization_id)s::uuid is null or c.organization_id = %(organization_id)s::uuid
order by o.name, c.name, c.id
