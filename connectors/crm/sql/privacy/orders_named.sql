-- Expects organization_id, store_id, external_ids (of orders). Returns id, store_id, external_id.
select
  m.crm_id,
  m.store_id,
  m.external_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = 'orders'
  and m.external_id = any(%(external_ids)s::text [])
order by m.external_id
