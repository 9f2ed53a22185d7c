-- Every organization, or the ones with this id or name. Names need not be unique.
-- Expects asked, NULL for all. Returns organization_id and name.
select
  o.id::text as organization_id,
  o.name
from public.organizations as o
where %(asked)s::text is null or o.id::text = lower(%(asked)s::text) or o.name = %(asked)s::text
order by o.name, o.id
