-- Expects organization_id, client_ids. Returns the persons' rows of the record map as JSON.
select to_jsonb(m)
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.entity in ('customers', 'guests')
  and m.crm_id = any(%(client_ids)s::uuid [])
order by m.store_id, m.entity, m.external_id
