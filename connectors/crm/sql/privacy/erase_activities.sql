-- Expects organization_id, client_ids. Returns the activities written; kind, state and dates stay.
update public.crm_activities as a
set subject = 'erased', description = null, metadata = null
where
  a.organization_id = %(organization_id)s
  and (
    a.client_id = any(%(client_ids)s::uuid [])
    or a.deal_id in (
      select d.id
      from public.crm_deals as d
      where d.organization_id = %(organization_id)s and d.client_id = any(%(client_ids)s::uuid [])
    )
  )
  and (a.subject <> 'erased' or num_nonnulls(a.description, a.metadata) > 0)
returning a.id
