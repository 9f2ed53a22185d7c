-- Expects organization_id and arrays of equal length: ids, payloads (stripped), reasons.
-- Returns the rows written.
update sync.quarantine as q
set payload = s.payload, reason = s.reason
from unnest(%(ids)s::bigint [], %(payloads)s::json [], %(reasons)s::text []) as s (
  id, payload, reason
)
where
  q.organization_id = %(organization_id)s
  and q.id = s.id
returning q.id
