-- The whole rows of clients that are to be merged or taken apart, held in id order against everybody:
-- the stronger lock keeps the CRM from hanging a new deal on a client that is about to go.
-- Expects organization_id, client_ids. Returns id, image.
select
  c.id,
  to_jsonb(c) as image
from public.crm_clients as c
where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
order by c.id
for update
