-- The persons' own rows of the record map. A guest's id is made of the address or number: it becomes
-- an opaque one, the same wherever it stands.
--
-- Expects organization_id and arrays of equal length: person_stores, person_entities, person_ids,
-- person_new_ids. The hash is one of personal data; another in its place makes the next state of the
-- record count as changed. Returns the ids of the rows that held something.
update sync.record_map as m
set
  external_id = s.new_id,
  details = null,
  row_digest = null,
  content_hash = case when m.content_hash is not null then uuid_send(gen_random_uuid()) end,
  erased_at = coalesce(m.erased_at, now()),
  updated_at = now()
from unnest(
  %(person_stores)s::uuid [], %(person_entities)s::text [], %(person_ids)s::text [],
  %(person_new_ids)s::text []
) as s (store_id, entity, external_id, new_id)
where
  m.organization_id = %(organization_id)s
  and m.store_id = s.store_id
  and m.entity = s.entity
  and m.external_id = s.external_id
  and m.entity in ('customers', 'guests')
  and (m.erased_at is null or m.details is not null or s.new_id <> s.external_id)
returning m.crm_id
