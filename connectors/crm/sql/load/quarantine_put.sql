-- Expects organization_id, store_id, run_id, version, mapping_revision, settings_digest and arrays:
-- streams, external_ids, fingerprints, codes, reasons, kinds, payloads. A record that fails again
-- counts another attempt instead of a new row. What a person discarded stays so while the same payload
-- fails by the same code. Returns stream, fingerprint, state.
insert into sync.quarantine as q (
  organization_id, store_id, stream, external_id, fingerprint, code, reason, payload_kind, payload,
  run_id, version, mapping_revision, settings_digest
)
select
  %(organization_id)s,
  %(store_id)s,
  s.stream,
  s.external_id,
  s.fingerprint,
  s.code,
  s.reason,
  s.payload_kind,
  s.payload,
  %(run_id)s,
  %(version)s,
  %(mapping_revision)s,
  %(settings_digest)s
from unnest(
  %(streams)s::text [], %(external_ids)s::text [], %(fingerprints)s::text [], %(codes)s::text [],
  %(reasons)s::text [], %(kinds)s::text [], %(payloads)s::json []
) as s (stream, external_id, fingerprint, code, reason, payload_kind, payload)
order by s.stream, s.fingerprint
on conflict (store_id, stream, fingerprint) do update set
  external_id = excluded.external_id,
  code = excluded.code,
  reason = excluded.reason,
  payload_kind = excluded.payload_kind,
  payload = excluded.payload,
  run_id = excluded.run_id,
  version = excluded.version,
  mapping_revision = excluded.mapping_revision,
  settings_digest = excluded.settings_digest,
  last_seen_at = now(),
  attempts = q.attempts + 1,
  resolved_at = case
    when
      q.state = 'discarded'
      and q.code = excluded.code
      and q.payload::text = excluded.payload::text
      then q.resolved_at
  end,
  resolution = case
    when
      q.state = 'discarded'
      and q.code = excluded.code
      and q.payload::text = excluded.payload::text
      then q.resolution
  end
where q.organization_id = excluded.organization_id
returning q.stream, q.fingerprint, q.state
