-- The customers whom an erasure marked first. Expects organization_id, erasure_id. Returns store_id,
-- entity, external_id.
select
  e.store_id,
  e.entity,
  e.external_id
from sync.erased_records as e
where
  e.organization_id = %(organization_id)s
  and e.erasure_id = %(erasure_id)s
  and e.entity = 'customers'
order by e.store_id, e.external_id
