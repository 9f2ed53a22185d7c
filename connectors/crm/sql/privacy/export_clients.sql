-- Expects organization_id, client_ids. Returns each client's row as JSON.
select to_jsonb(c)
from public.crm_clients as c
where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
order by c.id
