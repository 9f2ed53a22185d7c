-- Orders remember who placed them, and who before: by the guest's opaque id from now on.
--
-- Expects organization_id and arrays of equal length: person_stores, person_entities, person_ids,
-- person_new_ids. Returns the orders written.
with renamed as (
  select
    s.store_id,
    s.entity,
    s.external_id,
    s.new_id
  from unnest(
    %(person_stores)s::uuid [], %(person_entities)s::text [], %(person_ids)s::text [],
    %(person_new_ids)s::text []
  ) as s (store_id, entity, external_id, new_id)
  where s.new_id <> s.external_id
),

concerned as (
  select
    m.external_id,
    r.store_id,
    r.entity,
    r.external_id as old_id,
    r.new_id
  from renamed as r
  inner join sync.record_map as m
    on
      m.organization_id = %(organization_id)s
      and r.store_id = m.store_id
      and m.entity = 'orders'
      and r.entity = m.person_entity
      and r.external_id = m.person_external_id
  union
  select
    m.external_id,
    r.store_id,
    r.entity,
    r.external_id as old_id,
    r.new_id
  from renamed as r
  inner join sync.record_map as m
    on
      m.organization_id = %(organization_id)s
      and r.store_id = m.store_id
      and m.entity = 'orders'
      and r.entity = m.former_person_entity
      and r.external_id = m.former_person_external_id
),

-- An order may have gone from one of them to the other: one row each.
per_order as (
  select
    m.store_id,
    m.external_id,
    max(c.new_id) filter (
      where c.entity = m.person_entity and c.old_id = m.person_external_id
    ) as person_id,
    max(c.new_id) filter (
      where c.entity = m.former_person_entity and c.old_id = m.former_person_external_id
    ) as former_person_id
  from concerned as c
  inner join sync.record_map as m
    on
      m.organization_id = %(organization_id)s
      and c.store_id = m.store_id
      and m.entity = 'orders'
      and c.external_id = m.external_id
  group by m.store_id, m.external_id
)

update sync.record_map as m
set
  person_external_id = coalesce(p.person_id, m.person_external_id),
  former_person_external_id = coalesce(p.former_person_id, m.former_person_external_id)
from per_order as p
where
  m.organization_id = %(organization_id)s
  and m.store_id = p.store_id
  and m.entity = 'orders'
  and m.external_id = p.external_id
returning m.crm_id
