-- Why these persons are who they are: the rule stays, the values that matched go, and with them what
-- taking the link apart would give back.
--
-- Expects organization_id, client_ids and arrays of equal length: person_stores, person_entities,
-- person_ids, person_new_ids. Returns the links written.
with concerned as (
  select
    k.id,
    s.new_id
  from unnest(
    %(person_stores)s::uuid [], %(person_entities)s::text [], %(person_ids)s::text [],
    %(person_new_ids)s::text []
  ) as s (store_id, entity, external_id, new_id)
  inner join sync.identity_links as k
    on
      k.organization_id = %(organization_id)s
      and s.store_id = k.store_id
      and s.entity = k.entity
      and s.external_id = k.external_id
  union all
  -- Links to these clients that were taken apart since are about somebody else's record by now.
  select
    k.id,
    null as new_id
  from sync.identity_links as k
  where
    k.organization_id = %(organization_id)s
    and k.client_id = any(%(client_ids)s::uuid [])
),

per_link as (
  select
    c.id,
    max(c.new_id) as new_id
  from concerned as c
  group by c.id
)

update sync.identity_links as k
set
  external_id = coalesce(p.new_id, k.external_id),
  evidence = '{}',
  columns_before = null,
  columns_after = null
from per_link as p
where
  k.organization_id = %(organization_id)s
  and k.id = p.id
  and (
    k.evidence <> '{}'
    or num_nonnulls(k.columns_before, k.columns_after) > 0
    or p.new_id <> k.external_id
  )
returning k.id
