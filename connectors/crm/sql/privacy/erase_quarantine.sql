-- Expects organization_id and arrays of equal length: ids, payloads (stripped), reasons. Why a person
-- discarded a record may name somebody as well. Returns the rows written.
update sync.quarantine as q
set
  payload = s.payload,
  reason = s.reason,
  resolved_reason = case when q.resolved_reason is not null then s.reason end,
  erased_at = now()
from unnest(%(ids)s::bigint [], %(payloads)s::json [], %(reasons)s::text []) as s (
  id, payload, reason
)
where
  q.organization_id = %(organization_id)s
  and q.id = s.id
returning q.id
