-- The orders of clients that are to be merged or taken apart, held before the clients: whoever edits an
-- order holds it and waits for its client. Expects organization_id, client_ids.
select r.id
from public.crm_orders as r
where r.organization_id = %(organization_id)s and r.client_id = any(%(client_ids)s::uuid [])
order by r.id
for no key update
