-- The chat: who wrote, not how often. Expects organization_id, client_ids. Returns the contacts
-- written; to be asked before the clients lose theirs.
update public.contacts as k
set
  platform_user_id = 'erased:' || k.id::text,
  name = null,
  avatar_url = null,
  last_message_preview = null
where
  k.organization_id = %(organization_id)s
  and k.id in (
    select c.contact_id
    from public.crm_clients as c
    where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
  )
  and (
    k.platform_user_id <> 'erased:' || k.id::text
    or num_nonnulls(k.name, k.avatar_url, k.last_message_preview) > 0
  )
returning k.id
