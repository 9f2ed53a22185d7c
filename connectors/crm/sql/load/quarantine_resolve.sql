-- A record that has arrived whole since it was refused, or that the store has no more, needs nobody
-- any more, discarded or not. Expects organization_id, store_id, run_id, stream, external_ids,
-- resolution. Returns external_id.
update sync.quarantine as q
set
  resolved_at = now(),
  resolution = %(resolution)s,
  resolved_by = %(run_id)s
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.stream = %(stream)s
  and q.state <> 'resolved'
  and q.external_id = any(%(external_ids)s::text [])
returning q.external_id
