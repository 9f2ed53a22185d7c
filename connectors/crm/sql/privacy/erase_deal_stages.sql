-- Expects organization_id, client_ids. Returns the steps written.
update public.crm_deal_stages_history as h
set notes = null
where
  h.organization_id = %(organization_id)s
  and h.deal_id in (
    select d.id
    from public.crm_deals as d
    where d.organization_id = %(organization_id)s and d.client_id = any(%(client_ids)s::uuid [])
  )
  and h.notes is not null
returning h.id
