-- From now on whatever the store sends of these is stripped. Expects organization_id, erasure_id and
-- arrays of equal length: record_stores, record_entities, record_ids. Returns those not known before.
insert into sync.erased_records (store_id, entity, external_id, organization_id, erasure_id)
select distinct
  s.store_id,
  s.entity,
  s.external_id,
  %(organization_id)s::uuid,
  %(erasure_id)s::bigint
from unnest(
  %(record_stores)s::uuid [], %(record_entities)s::text [], %(record_ids)s::text []
) as s (store_id, entity, external_id)
where s.external_id <> 'walk-in'
on conflict (store_id, entity, external_id) do nothing
returning external_id
