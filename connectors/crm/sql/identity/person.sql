-- A person of a store: his client, the link in force, and when he ordered.
-- Expects organization_id, store_id, entity, external_id. Returns client_id, reason, evidence,
-- columns_before, columns_after, first_order, last_order.
select
  m.crm_id as client_id,
  coalesce(k.reason, m.link_reason) as reason,
  coalesce(k.evidence, '{}') as evidence,
  k.columns_before,
  k.columns_after,
  d.first_order,
  d.last_order
from sync.record_map as m
left join lateral (
  select
    n.reason,
    n.evidence,
    n.columns_before,
    n.columns_after
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
left join lateral (
  select
    min(r.order_date) as first_order,
    max(r.order_date) as last_order
  from sync.record_map as o
  inner join public.crm_orders as r on o.organization_id = r.organization_id and o.crm_id = r.id
  where
    o.organization_id = m.organization_id
    and o.store_id = m.store_id
    and o.entity = 'orders'
    and o.person_entity = m.entity
    and o.person_external_id = m.external_id
) as d on true
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(entity)s
  and m.entity in ('customers', 'guests')
  and m.external_id = %(external_id)s
