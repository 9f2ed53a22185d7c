-- Expects organization_id, client_ids. Returns the deals' steps as JSON.
select to_jsonb(h)
from public.crm_deal_stages_history as h
where
  h.organization_id = %(organization_id)s
  and h.deal_id in (
    select d.id
    from public.crm_deals as d
    where d.organization_id = %(organization_id)s and d.client_id = any(%(client_ids)s::uuid [])
  )
order by h.created_at, h.id
