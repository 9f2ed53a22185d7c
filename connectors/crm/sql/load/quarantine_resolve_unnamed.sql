-- Refused records without an id that a look at all the store has did not meet again: they are gone, or
-- whole under an id by now. Expects organization_id, store_id, stream, seen_before. Returns id.
update sync.quarantine as q
set resolved_at = now()
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.stream = %(stream)s
  and q.resolved_at is null
  and q.external_id is null
  and q.last_seen_at < %(seen_before)s
returning q.id
