-- Expects organization_id, store_id, id, code, reason, run_id, version, mapping_revision,
-- settings_digest. Tried by hand, a discarded record that fails again waits again.
update sync.quarantine as q
set
  code = %(code)s,
  reason = %(reason)s,
  run_id = %(run_id)s,
  version = %(version)s,
  mapping_revision = %(mapping_revision)s,
  settings_digest = %(settings_digest)s,
  attempts = q.attempts + 1,
  last_seen_at = now(),
  resolved_at = null,
  resolution = null
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.id = %(id)s
