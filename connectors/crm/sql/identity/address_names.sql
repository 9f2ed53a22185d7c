-- Which names have come with these addresses, where it was more than one?
-- Expects organization_id, emails (lower case). Returns email, name (as compared).
select
  n.email,
  n.name
from sync.address_names as n
where
  n.organization_id = %(organization_id)s
  and n.email = any(%(emails)s::text [])
