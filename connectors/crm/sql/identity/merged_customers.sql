-- Customers who are gone from the store and whose orders, all of them, now belong to one other
-- customer there: the store has merged the one into the other.
--
-- Expects organization_id, store_id, external_ids (customers asked about). Returns external_id, its
-- client, the other customer's external id and client. An order that is gone itself tells nothing.
with gone as (
  select
    m.external_id,
    m.crm_id
  from sync.record_map as m
  where
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = 'customers'
    and m.external_id = any(%(external_ids)s::text [])
    and m.deleted_at is not null
),

orders as (
  select
    g.external_id,
    o.person_entity,
    o.person_external_id
  from gone as g
  inner join sync.record_map as o
    on
      o.organization_id = %(organization_id)s
      and o.store_id = %(store_id)s
      and o.entity = 'orders'
      and o.former_person_entity = 'customers'
      and g.external_id = o.former_person_external_id
  where o.deleted_at is null
  union all
  select
    g.external_id,
    o.person_entity,
    o.person_external_id
  from gone as g
  inner join sync.record_map as o
    on
      o.organization_id = %(organization_id)s
      and o.store_id = %(store_id)s
      and o.entity = 'orders'
      and o.person_entity = 'customers'
      and g.external_id = o.person_external_id
  where o.deleted_at is null
),

told as (
  select
    o.external_id,
    min(o.person_external_id) as other_id
  from orders as o
  group by o.external_id
  having
    bool_and(o.person_entity = 'customers')
    and count(distinct o.person_external_id) = 1
    and min(o.person_external_id) <> o.external_id
)

select
  g.external_id,
  g.crm_id,
  t.other_id,
  p.crm_id as other_client_id
from told as t
inner join gone as g on t.external_id = g.external_id
inner join sync.record_map as p
  on
    p.organization_id = %(organization_id)s
    and p.store_id = %(store_id)s
    and p.entity = 'customers'
    and t.other_id = p.external_id
where
  p.deleted_at is null
  and p.crm_id <> g.crm_id
  -- Another customer who is still there and the same client here has not been merged with anybody.
  and not exists (
    select
    from sync.record_map as k
    where
      k.organization_id = %(organization_id)s
      and k.crm_id = g.crm_id
      and k.entity = 'customers'
      and k.deleted_at is null
  )
order by g.external_id
