-- Wait for whoever is changing these orders now, before their clients are locked: he holds the order
-- and waits for its client. Where the CRM wins, what he leaves is what is held.
-- Expects organization_id, row_ids.
select r.id
from public.crm_orders as r
where
  r.organization_id = %(organization_id)s
  and r.id = any(%(row_ids)s::uuid [])
order by r.id
for no key update
