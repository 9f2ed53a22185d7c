-- Wait for whoever is changing these products now: where the CRM wins, what he leaves stays.
-- Expects organization_id, store_id, external_ids.
select p.id
from public.crm_products as p
where
  p.organization_id = %(organization_id)s
  and p.id in (
    select m.crm_id
    from sync.record_map as m
    where
      m.organization_id = %(organization_id)s
      and m.store_id = %(store_id)s
      and m.entity = 'products'
      and m.external_id = any(%(external_ids)s::text [])
  )
order by p.id
for no key update
