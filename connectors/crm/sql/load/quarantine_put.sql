-- Expects organization_id, store_id, run_id and arrays: streams, external_ids, fingerprints, codes,
-- reasons, kinds, payloads. A record that fails again counts another attempt instead of a new row.
insert into sync.quarantine as q (
  organization_id, store_id, stream, external_id, fingerprint, code, reason, payload_kind, payload,
  run_id
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
  %(run_id)s
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
  last_seen_at = now(),
  attempts = q.attempts + 1,
  resolved_at = null
where q.organization_id = excluded.organization_id
