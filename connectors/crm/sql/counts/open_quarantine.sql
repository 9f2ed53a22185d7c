-- What waits in quarantine, of all organizations or one store's.
-- Expects store_key (null for all). Returns organization_id, store, stream, row_count.
select
  q.organization_id::text as organization_id,
  s.key as store,
  q.stream,
  count(*) as row_count
from sync.quarantine as q
inner join sync.stores as s on q.organization_id = s.organization_id and q.store_id = s.id
where q.state = 'open'
  and (%(store_key)s::text is null or s.key = %(store_key)s::text)
group by q.organization_id, s.key, q.stream
order by s.key, q.stream
