-- Of the clients behind these persons, those that a store brought and nobody else speaks for: no
-- record of a store that is neither deleted nor erased, and no chat.
--
-- Expects organization_id and arrays of equal length: person_stores, person_entities, person_ids.
-- Returns client ids.
with going as (
  select
    s.store_id,
    s.entity,
    s.external_id
  from unnest(
    %(person_stores)s::uuid [], %(person_entities)s::text [], %(person_ids)s::text []
  ) as s (store_id, entity, external_id)
),

clients as (
  select
    m.crm_id,
    -- By whichever of his records, those that went before these too.
    bool_or(p.link_reason = 'new') as is_brought,
    -- "not in" is looked up in a hash, however many the planner expects of a whole store's persons;
    -- as a join, and as "not exists", it walked through all of them for each record (42 s of 16,000).
    bool_or(
      p.deleted_at is null
      and p.erased_at is null
      and (p.store_id, p.entity, p.external_id) not in (
        select
          o.store_id,
          o.entity,
          o.external_id
        from going as o
      )
    ) as is_spoken_for
  from going as g
  inner join sync.record_map as m
    on
      m.organization_id = %(organization_id)s
      and m.entity in ('customers', 'guests')
      and g.store_id = m.store_id
      and g.entity = m.entity
      and g.external_id = m.external_id
  inner join sync.record_map as p
    on
      p.organization_id = %(organization_id)s
      and p.entity in ('customers', 'guests')
      and m.crm_id = p.crm_id
  group by m.crm_id
)

select c.id
from clients as s
inner join public.crm_clients as c on c.organization_id = %(organization_id)s and s.crm_id = c.id
where
  s.is_brought
  and not s.is_spoken_for
  and c.contact_id is null
order by c.id
