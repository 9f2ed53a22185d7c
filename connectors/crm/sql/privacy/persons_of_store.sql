-- Everybody a store brought, the walk-in left out. Expects organization_id, store_id.
-- Returns store_id, entity, external_id.
select
  m.store_id,
  m.entity,
  m.external_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity in ('customers', 'guests')
  and m.external_id <> 'walk-in'
order by m.entity, m.external_id
