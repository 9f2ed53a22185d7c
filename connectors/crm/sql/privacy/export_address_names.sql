-- Expects organization_id, emails. Returns the names seen with these addresses as JSON.
select to_jsonb(a)
from sync.address_names as a
where a.organization_id = %(organization_id)s and a.email = any(%(emails)s::text [])
order by a.email, a.name
