-- Everybody who is this client, and why. Expects organization_id, client_id.
-- Returns store_id, store, entity, external_id, reason, evidence, linked_at, run_id, is_gone, orders
-- (all), total (net revenue, reporting currency).
select
  m.store_id,
  s.key as store,
  m.entity,
  m.external_id,
  coalesce(k.reason, m.link_reason) as reason,
  coalesce(k.evidence, '{}') as evidence,
  coalesce(k.linked_at, m.created_at) as linked_at,
  k.run_id,
  m.deleted_at is not null as is_gone,
  d.orders,
  d.total
from sync.record_map as m
inner join sync.stores as s on m.organization_id = s.organization_id and m.store_id = s.id
left join lateral (
  select
    n.reason,
    n.evidence,
    n.linked_at,
    n.run_id
  from sync.identity_links as n
  where
    n.organization_id = m.organization_id
    and n.store_id = m.store_id
    and n.entity = m.entity
    and n.external_id = m.external_id
    and n.undone_at is null
  order by n.id desc
  limit 1
) as k on true
cross join lateral (
  select
    count(r.id) as orders,
    coalesce(sum(r.net_revenue), 0) as total
  from sync.record_map as o
  inner join public.crm_orders as r on o.organization_id = r.organization_id and o.crm_id = r.id
  where
    o.organization_id = m.organization_id
    and o.store_id = m.store_id
    and o.entity = 'orders'
    and o.person_entity = m.entity
    and o.person_external_id = m.external_id
) as d
where
  m.organization_id = %(organization_id)s
  and m.crm_id = %(client_id)s
  and m.entity in ('customers', 'guests')
order by s.key, m.entity, m.external_id
