-- Expects organization_id, client_ids. Returns notes on the clients and their deals as JSON.
select to_jsonb(n)
from public.crm_notes as n
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
order by n.created_at, n.id
