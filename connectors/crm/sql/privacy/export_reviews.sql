-- Expects organization_id, client_ids. Returns the open and closed reviews of these clients as JSON.
select to_jsonb(r)
from sync.identity_reviews as r
where r.organization_id = %(organization_id)s and r.client_id = any(%(client_ids)s::uuid [])
order by r.id
