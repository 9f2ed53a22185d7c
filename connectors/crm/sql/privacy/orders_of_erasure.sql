-- The orders that an erasure marked first and that are in the CRM. Expects organization_id,
-- erasure_id. Returns id, store_id, external_id.
select
  m.crm_id,
  m.store_id,
  m.external_id
from sync.erased_records as e
inner join sync.record_map as m
  on
    e.organization_id = m.organization_id
    and e.store_id = m.store_id
    and e.entity = m.entity
    and e.external_id = m.external_id
where
  e.organization_id = %(organization_id)s
  and e.erasure_id = %(erasure_id)s
  and e.entity = 'orders'
order by m.store_id, m.external_id
