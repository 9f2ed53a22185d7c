-- Expects organization_id, client_ids. Returns the deals as JSON.
select to_jsonb(d)
from public.crm_deals as d
where d.organization_id = %(organization_id)s and d.client_id = any(%(client_ids)s::uuid [])
order by d.created_at, d.id
