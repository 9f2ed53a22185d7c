-- Customers that were named by an order and have come by themselves since.
-- Expects organization_id, store_id.
delete from sync.rereads as r
where
  r.organization_id = %(organization_id)s
  and r.store_id = %(store_id)s
  and r.stream = 'customers'
  and r.reason = 'named'
  and exists (
    select
    from sync.record_map as m
    where
      m.organization_id = r.organization_id
      and m.store_id = r.store_id
      and m.entity = 'customers'
      and m.external_id = r.external_id
      and (m.content_hash is not null or m.deleted_at is not null)
  )
