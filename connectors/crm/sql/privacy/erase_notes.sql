-- Notes on the clients and on their deals. Expects organization_id, client_ids. Returns the notes
-- written.
update public.crm_notes as n
set title = null, content = '', tags = null
where
  n.organization_id = %(organization_id)s
  and (
    n.client_id = any(%(client_ids)s::uuid [])
    or n.deal_id in (
      select d.id
      from public.crm_deals as d
      where d.organization_id = %(organization_id)s and d.client_id = any(%(client_ids)s::uuid [])
    )
  )
  and (n.content <> '' or num_nonnulls(n.title, n.tags) > 0)
returning n.id
