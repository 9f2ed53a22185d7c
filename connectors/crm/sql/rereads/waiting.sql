-- What of a stream waits to be read by name. Expects organization_id, store_id, stream. Returns
-- external_id, is_forced, has_come: a customer that was only named has come by itself, mostly.
select
  r.external_id,
  r.is_forced,
  r.reason = 'named'
  and exists (
    select
    from sync.record_map as m
    where
      m.organization_id = r.organization_id
      and m.store_id = r.store_id
      and m.entity = r.stream
      and m.external_id = r.external_id
      and (m.content_hash is not null or m.deleted_at is not null)
  ) as has_come
from sync.rereads as r
where
  r.organization_id = %(organization_id)s
  and r.store_id = %(store_id)s
  and r.stream = %(stream)s
order by r.external_id
