-- A record that has arrived whole since it was refused, or that the store has no more, needs nobody
-- any more. Expects organization_id, store_id, stream, external_ids. Returns external_id.
update sync.quarantine as q
set resolved_at = now()
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.stream = %(stream)s
  and q.resolved_at is null
  and q.external_id = any(%(external_ids)s::text [])
returning q.external_id
