-- Expects organization_id, store_id and arrays: entities, external_ids, client_ids, reasons, and
-- candidates as JSON arrays of ids. Leaves each doubt once for a person to decide.
insert into sync.identity_reviews (
  organization_id, store_id, entity, external_id, client_id, candidate_ids, reason
)
select
  %(organization_id)s,
  %(store_id)s,
  s.entity,
  s.external_id,
  s.client_id,
  array(select jsonb_array_elements_text(s.candidates)::uuid),
  s.reason
from unnest(
  %(entities)s::text [], %(external_ids)s::text [], %(client_ids)s::uuid [], %(reasons)s::text [],
  %(candidates)s::jsonb []
) as s (entity, external_id, client_id, reason, candidates)
order by s.entity, s.external_id
on conflict (store_id, entity, external_id, reason) do nothing
