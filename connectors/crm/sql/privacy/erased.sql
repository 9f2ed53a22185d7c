-- Which of these records are erased? Expects organization_id, store_id and arrays of equal length:
-- entities, external_ids. Returns entity, external_id.
select
  e.entity,
  e.external_id
from unnest(%(entities)s::text [], %(external_ids)s::text []) as s (entity, external_id)
inner join sync.erased_records as e
  on
    e.organization_id = %(organization_id)s
    and e.store_id = %(store_id)s
    and s.entity = e.entity
    and s.external_id = e.external_id
