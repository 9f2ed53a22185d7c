-- Expects organization_id and arrays of equal length: emails (lower case), names (as compared).
insert into sync.address_names (organization_id, email, name)
select distinct
  %(organization_id)s::uuid,
  s.email,
  s.name
from unnest(%(emails)s::text [], %(names)s::text []) as s (email, name)
order by s.email, s.name
on conflict (organization_id, email, name) do nothing
