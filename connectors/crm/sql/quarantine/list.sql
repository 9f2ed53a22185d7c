-- Expects organization_id, store_key, stream, id (each NULL for any), with_resolved, row_limit.
-- Returns Quarantined's fields in order, oldest first.
select
  q.id,
  q.organization_id::text,
  s.key,
  q.stream,
  q.external_id,
  q.code,
  q.reason,
  q.payload_kind,
  q.run_id,
  q.first_seen_at,
  q.last_seen_at,
  q.attempts,
  q.version,
  q.state,
  q.resolution,
  q.resolved_at,
  q.resolved_by,
  q.resolved_reason
from sync.quarantine as q
inner join sync.stores as s on q.organization_id = s.organization_id and q.store_id = s.id
where
  (%(organization_id)s::uuid is null or q.organization_id = %(organization_id)s::uuid)
  and (%(store_key)s::text is null or s.key = %(store_key)s::text)
  and (%(stream)s::text is null or q.stream = %(stream)s::text)
  and (%(id)s::bigint is null or q.id = %(id)s::bigint)
  and (%(with_resolved)s or q.state = 'open')
order by q.first_seen_at, q.id
limit %(row_limit)s
