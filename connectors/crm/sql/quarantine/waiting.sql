-- What of one store waits or was discarded, or one of that by its number. Expects organization_id,
-- store_id, ids (NULL for all that wait). Returns what outdated returns.
select
  q.id,
  q.stream,
  q.external_id,
  q.payload_kind,
  q.code,
  q.reason
from sync.quarantine as q
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and (
    (%(ids)s::bigint [] is null and q.state = 'open')
    or (q.state <> 'resolved' and q.id = any(%(ids)s::bigint []))
  )
order by array_position(array['customers', 'products', 'orders'], q.stream), q.id
