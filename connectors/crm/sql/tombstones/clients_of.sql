-- Whom the deletion of these records concerns, to be locked before anything is written.
-- Expects organization_id, store_id, entity, external_ids. Returns crm_id.
select m.crm_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(entity)s
  and m.external_id = any(%(external_ids)s::text [])
  and m.deleted_at is null
