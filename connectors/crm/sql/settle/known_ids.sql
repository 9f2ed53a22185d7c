-- The records of one stream that the store is known to have: loaded and not deleted since, or waiting
-- in quarantine. Expects organization_id, store_id, stream. Returns external_id, is_loaded.
select
  m.external_id,
  true as is_loaded
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(stream)s
  and m.content_hash is not null
  and m.deleted_at is null
union all
select
  q.external_id,
  false
from sync.quarantine as q
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.stream = %(stream)s
  and q.state <> 'resolved'
  and q.external_id is not null
  and not exists (
    select
    from sync.record_map as m
    where
      m.organization_id = %(organization_id)s
      and m.store_id = %(store_id)s
      and m.entity = %(stream)s
      and m.external_id = q.external_id
      and m.content_hash is not null
      and m.deleted_at is null
  )
