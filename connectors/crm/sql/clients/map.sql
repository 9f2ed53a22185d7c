-- Expects staged_people, organization_id, store_id, load_id. Remembers who is which client.
--
-- A customer record brings its hash; a person merely referred to by an order leaves what is there.
insert into sync.record_map_clients as m (
  store_id, entity, external_id, organization_id, crm_id, content_hash, source_updated_at,
  deleted_at, details, link_reason, row_digest, load_id
)
select
  %(store_id)s,
  s.entity,
  s.external_id,
  %(organization_id)s,
  s.client_id,
  s.content_hash,
  s.source_updated_at,
  case when s.is_deleted then now() end,
  s.details,
  s.link_reason,
  case when s.content_hash is not null then (
    select d.row_digest
    from sync.row_digests as d
    where
      d.organization_id = %(organization_id)s
      and d.entity = 'customers'
      and d.crm_id = s.client_id
  ) end,
  %(load_id)s
from pg_temp.staged_people as s
where not s.is_mapped or s.content_hash is not null
order by s.entity, s.external_id
on conflict (store_id, entity, external_id) do update set
  content_hash = excluded.content_hash,
  source_updated_at = excluded.source_updated_at,
  deleted_at = excluded.deleted_at,
  details = excluded.details,
  row_digest = excluded.row_digest,
  load_id = excluded.load_id,
  updated_at = now()
where
  m.organization_id = excluded.organization_id
  and excluded.content_hash is not null
