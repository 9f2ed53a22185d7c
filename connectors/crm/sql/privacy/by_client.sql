-- Expects organization_id, client_id. Returns the client's id, nothing when it is another's.
select c.id
from public.crm_clients as c
where c.organization_id = %(organization_id)s and c.id = %(client_id)s
