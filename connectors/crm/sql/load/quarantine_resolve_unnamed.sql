-- Refused records without an id that a look at all the store has did not meet again: they are gone, or
-- whole under an id by now. Expects organization_id, store_id, run_id, stream, seen_before. Returns id.
update sync.quarantine as q
set
  resolved_at = now(),
  resolution = 'deleted',
  resolved_by = %(run_id)s
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.stream = %(stream)s
  and q.state <> 'resolved'
  and q.external_id is null
  and q.last_seen_at < %(seen_before)s
returning q.id
