-- The guests of a store who placed these orders and no other one that still speaks for them.
-- Expects organization_id, store_id, external_ids (of orders). Returns store_id, entity, external_id.
select distinct
  g.store_id,
  g.entity,
  g.external_id
from sync.record_map as m
inner join public.crm_orders as o on m.organization_id = o.organization_id and m.crm_id = o.id
inner join sync.record_map as g
  on
    m.organization_id = g.organization_id
    and m.store_id = g.store_id
    and g.entity = 'guests'
    and g.external_id <> 'walk-in'
    and o.client_id = g.crm_id
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.external_id = any(%(external_ids)s::text [])
  and not exists (
    select
    from public.crm_orders as t
    inner join sync.record_map as n
      on t.organization_id = n.organization_id and n.entity = 'orders' and t.id = n.crm_id
    where
      t.organization_id = m.organization_id
      and t.client_id = o.client_id
      and n.store_id = m.store_id
      and n.erased_at is null
      and n.external_id <> all(%(external_ids)s::text [])
  )
order by g.external_id
