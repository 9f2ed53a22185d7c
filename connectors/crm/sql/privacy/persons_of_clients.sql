-- The records of stores that are these clients, the walk-in left out: it is nobody.
-- Expects organization_id, client_ids. Returns store_id, entity, external_id.
select
  m.store_id,
  m.entity,
  m.external_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.crm_id = any(%(client_ids)s::uuid [])
  and m.entity in ('customers', 'guests')
  and m.external_id <> 'walk-in'
order by m.store_id, m.entity, m.external_id
