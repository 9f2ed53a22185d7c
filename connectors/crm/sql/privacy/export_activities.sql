-- Expects organization_id, client_ids. Returns the activities as JSON.
select to_jsonb(a)
from public.crm_activities as a
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
order by a.created_at, a.id
