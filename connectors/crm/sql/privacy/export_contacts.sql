-- Expects organization_id, client_ids. Returns the chats' contacts as JSON.
select to_jsonb(k)
from public.contacts as k
where
  k.organization_id = %(organization_id)s
  and k.id in (
    select c.contact_id
    from public.crm_clients as c
    where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
  )
order by k.id
