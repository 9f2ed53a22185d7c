-- A person has decided that nobody needs these records here. Expects organization_id, ids,
-- discarded_by, discarded_reason. Returns the ids of those that waited.
update sync.quarantine as q
set
  resolved_at = now(),
  resolution = 'discarded',
  resolved_by = %(discarded_by)s,
  resolved_reason = %(discarded_reason)s
where
  q.organization_id = %(organization_id)s
  and q.id = any(%(ids)s::bigint [])
  and q.state = 'open'
returning q.id
