-- The orders these customers of a store placed there. Rows of versions that did not note who placed
-- an order count as the client's. Expects organization_id, store_id, external_ids (of customers).
-- Returns id, store_id, external_id.
select
  m.crm_id,
  m.store_id,
  m.external_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and (
    (m.person_entity = 'customers' and m.person_external_id = any(%(external_ids)s::text []))
    or (
      m.person_entity is null
      and m.crm_id in (
        select o.id
        from sync.record_map as p
        inner join public.crm_orders as o
          on p.organization_id = o.organization_id and p.crm_id = o.client_id
        where
          p.organization_id = %(organization_id)s
          and p.store_id = %(store_id)s
          and p.entity = 'customers'
          and p.external_id = any(%(external_ids)s::text [])
      )
    )
  )
order by m.external_id
