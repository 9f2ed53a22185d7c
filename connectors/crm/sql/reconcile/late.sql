-- Records that came although the store had them before the last reconciliation: they had been lost
-- here. Those that had waited in quarantine are no news.
--
-- Expects organization_id, store_id, stream, since (the last reconciliation), before (what the store
-- changed earlier was here by then). Returns external_id.
select m.external_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.store_id = %(store_id)s
  and m.entity = %(stream)s
  and m.created_at >= %(since)s
  and m.source_updated_at < %(before)s
  and m.content_hash is not null
  and m.deleted_at is null
  and not exists (
    select
    from sync.quarantine as q
    where
      q.organization_id = m.organization_id
      and q.store_id = m.store_id
      and q.stream = m.entity
      and q.external_id = m.external_id
  )
order by m.external_id
