-- Expects organization_id, store_id, id, code, reason, run_id.
update sync.quarantine as q
set
  code = %(code)s,
  reason = %(reason)s,
  run_id = %(run_id)s,
  attempts = q.attempts + 1,
  last_seen_at = now()
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.id = %(id)s
