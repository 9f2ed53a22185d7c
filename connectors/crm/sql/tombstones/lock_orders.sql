-- Wait for whoever is changing these orders now, before their clients are locked: he holds the order
-- and waits for its client. Where the CRM wins, what he leaves stays.
-- Expects organization_id, store_id, external_ids.
select r.id
from public.crm_orders as r
where
  r.organization_id = %(organization_id)s
  and r.id in (
    select m.crm_id
    from sync.record_map as m
    where
      m.organization_id = %(organization_id)s
      and m.store_id = %(store_id)s
      and m.entity = 'orders'
      and m.external_id = any(%(external_ids)s::text [])
  )
order by r.id
for no key update
