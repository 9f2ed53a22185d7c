-- What one store's records were refused by is not what it is today: worth another try.
-- Expects organization_id, store_id, version, mapping_revision, settings_digest. Returns id, stream,
-- external_id, payload_kind, code, reason in the order records are loaded.
select
  q.id,
  q.stream,
  q.external_id,
  q.payload_kind,
  q.code,
  q.reason
from sync.quarantine as q
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.state = 'open'
  and (q.version, q.mapping_revision, q.settings_digest)
  is distinct from (%(version)s::text, %(mapping_revision)s::text, %(settings_digest)s::text)
order by array_position(array['customers', 'products', 'orders'], q.stream), q.id
