-- Take rows that have no digest yet as they are now. Expects organization_id, store_id.
update sync.record_map as m
set row_digest = d.row_digest
from sync.row_digests as d
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.row_digest is null
  and m.content_hash is not null
  and m.deleted_at is null
  and d.organization_id = m.organization_id
  and d.entity = m.entity
  and d.crm_id = m.crm_id
