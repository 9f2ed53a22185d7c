-- Expects organization_id, client_ids. Returns the chats' messages as JSON.
select to_jsonb(g)
from public.messages as g
where
  g.organization_id = %(organization_id)s
  and g.contact_id in (
    select c.contact_id
    from public.crm_clients as c
    where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
  )
order by g.sent_at, g.id
