-- Records with another source time though nothing in them changed: remember it, so that an older
-- state arriving late is still known to be older. No CRM row is touched.
--
-- Expects organization_id, store_id, entity, external_ids, times.
update sync.record_map as m
set
  source_updated_at = s.source_updated_at,
  updated_at = now()
from unnest(%(external_ids)s::text [], %(times)s::timestamptz []) as s (
  external_id, source_updated_at
)
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(entity)s
  and m.external_id = s.external_id
