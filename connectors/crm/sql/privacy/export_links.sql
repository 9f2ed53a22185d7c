-- Expects organization_id, client_ids. Returns why these persons are who they are as JSON.
select to_jsonb(k)
from sync.identity_links as k
where k.organization_id = %(organization_id)s and k.client_id = any(%(client_ids)s::uuid [])
order by k.id
