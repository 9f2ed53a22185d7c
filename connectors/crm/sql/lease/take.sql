-- Expects organization_id, store_id, holder, run_id; the row is locked. Returns the new token.
update sync.leases as l
set
  token = l.token + 1,
  holder = %(holder)s,
  run_id = %(run_id)s,
  acquired_at = clock_timestamp(),
  heartbeat_at = clock_timestamp(),
  released_at = null
where l.organization_id = %(organization_id)s and l.store_id = %(store_id)s
returning l.token
