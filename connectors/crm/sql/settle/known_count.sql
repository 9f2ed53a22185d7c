-- How many records of one stream the store is known to have, those in quarantine included: the store
-- still has what was discarded, and a difference of counts would have all ids compared.
-- Expects organization_id, store_id, stream. Returns loaded, waiting.
select
  (
    select count(*)
    from sync.record_map as m
    where
      m.organization_id = %(organization_id)s
      and m.store_id = %(store_id)s
      and m.entity = %(stream)s
      and m.content_hash is not null
      and m.deleted_at is null
  ) as loaded,
  (
    select count(*)
    from sync.quarantine as q
    where
      q.organization_id = %(organization_id)s
      and q.store_id = %(store_id)s
      and q.stream = %(stream)s
      and q.state <> 'resolved'
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
  ) as waiting
