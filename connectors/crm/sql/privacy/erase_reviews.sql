-- Doubts about these persons, and doubts that name these clients by a guest's address or number: one
-- that turned out to be shared is put down as a guest whom the record map need not know.
--
-- Expects organization_id, client_ids and arrays of equal length: person_stores, person_entities,
-- person_ids, person_new_ids. Returns the reviews written.
with renamed as (
  select
    r.id,
    s.new_id
  from unnest(
    %(person_stores)s::uuid [], %(person_entities)s::text [], %(person_ids)s::text [],
    %(person_new_ids)s::text []
  ) as s (store_id, entity, external_id, new_id)
  inner join sync.identity_reviews as r
    on
      r.organization_id = %(organization_id)s
      and s.store_id = r.store_id
      and s.entity = r.entity
      and s.external_id = r.external_id
  where s.new_id <> s.external_id
  union all
  select
    r.id,
    null as new_id
  from sync.identity_reviews as r
  where
    r.organization_id = %(organization_id)s
    and r.client_id = any(%(client_ids)s::uuid [])
    and r.entity = 'guests'
    and (starts_with(r.external_id, 'email:') or starts_with(r.external_id, 'phone:'))
),

per_review as (
  select
    n.id,
    coalesce(max(n.new_id), 'erased:' || gen_random_uuid()) as new_id
  from renamed as n
  group by n.id
)

update sync.identity_reviews as r
set external_id = p.new_id
from per_review as p
where
  r.organization_id = %(organization_id)s
  and r.id = p.id
returning r.id
