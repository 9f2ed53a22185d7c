-- Expects organization_id and arrays of equal length: person_stores, person_entities, person_ids,
-- person_new_ids. Returns the reviews written.
update sync.identity_reviews as r
set external_id = s.new_id
from unnest(
  %(person_stores)s::uuid [], %(person_entities)s::text [], %(person_ids)s::text [],
  %(person_new_ids)s::text []
) as s (store_id, entity, external_id, new_id)
where
  r.organization_id = %(organization_id)s
  and r.store_id = s.store_id
  and r.entity = s.entity
  and r.external_id = s.external_id
  and s.new_id <> s.external_id
returning r.id
