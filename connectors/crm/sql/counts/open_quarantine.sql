-- What waits in quarantine, of all organizations or one store's. Nothing comes of what a removed store
-- left any more: only who asks for that store by name is told.
-- Expects store_key (null for all). Returns organization_id, store, stream, row_count.
select
  q.organization_id::text as organization_id,
  s.key as store,
  q.stream,
  count(*) as row_count
from sync.quarantine as q
inner join sync.stores as s on q.organization_id = s.organization_id and q.store_id = s.id
where q.state = 'open'
  and (s.key = %(store_key)s::text or (%(store_key)s::text is null and s.status <> 'removed'))
group by q.organization_id, s.key, q.stream
order by s.key, q.stream
