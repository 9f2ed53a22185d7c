-- With whom do these orders stand, and for whom? The client of the walk-ins is nobody to stay with.
--
-- Expects organization_id, store_id, order_ids (CRM). Returns order_id, external_id, client_id and
-- the person: entity, external id, whether the store has deleted it.
select
  r.id as order_id,
  o.external_id,
  r.client_id,
  o.person_entity,
  o.person_external_id,
  coalesce(p.deleted_at is not null, false) as is_gone
from public.crm_orders as r
inner join sync.record_map as o
  on
    o.organization_id = %(organization_id)s
    and o.store_id = %(store_id)s
    and o.entity = 'orders'
    and r.id = o.crm_id
left join sync.record_map as p
  on
    p.organization_id = %(organization_id)s
    and p.store_id = %(store_id)s
    and o.person_entity = p.entity
    and o.person_external_id = p.external_id
where
  r.organization_id = %(organization_id)s
  and r.id = any(%(order_ids)s::uuid [])
  and not exists (
    select
    from sync.record_map as w
    where
      w.organization_id = %(organization_id)s
      and w.crm_id = r.client_id
      and w.entity = 'guests'
      and w.external_id = 'walk-in'
  )
order by o.external_id
