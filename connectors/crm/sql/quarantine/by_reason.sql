-- What waits, by store, stream and code, the most frequent first. Expects organization_id, store_key,
-- stream (each NULL for any). Returns store, stream, code, row_count, an example's reason, first and
-- last seen.
select
  s.key as store,
  q.stream,
  q.code,
  count(*) as row_count,
  (array_agg(q.reason order by q.last_seen_at desc, q.id desc))[1] as example,
  min(q.first_seen_at) as first_seen_at,
  max(q.last_seen_at) as last_seen_at
from sync.quarantine as q
inner join sync.stores as s on q.organization_id = s.organization_id and q.store_id = s.id
where
  (%(organization_id)s::uuid is null or q.organization_id = %(organization_id)s::uuid)
  and (%(store_key)s::text is null or s.key = %(store_key)s::text)
  and (%(stream)s::text is null or q.stream = %(stream)s::text)
  and q.state = 'open'
group by s.key, q.stream, q.code
order by row_count desc, s.key asc, q.stream asc, q.code asc
