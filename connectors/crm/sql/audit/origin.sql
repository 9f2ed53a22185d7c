-- Which run wrote the row of a record, from what payload, and when had the store changed it?
-- Expects organization_id, store_id, entity, external_id. Returns one row, or none.
select
  o.crm_id,
  o.load_id,
  o.run_id,
  o.loaded_at,
  o.payload_hash,
  o.source_updated_at,
  o.source_status,
  o.deleted_at,
  o.link_reason
from sync.row_origins as o
where
  o.organization_id = %(organization_id)s
  and o.store_id = %(store_id)s
  and o.entity = %(entity)s
  and o.external_id = %(external_id)s
