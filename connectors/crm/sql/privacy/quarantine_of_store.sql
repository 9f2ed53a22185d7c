-- All of a store's quarantined persons and orders, settled ones too. Expects organization_id,
-- store_id. Returns what quarantine_find returns.
select
  q.id,
  q.store_id,
  t.platform,
  t.settings,
  q.stream,
  q.external_id,
  q.code,
  q.reason,
  q.payload_kind,
  q.payload::text,
  true as is_named
from sync.quarantine as q
inner join sync.stores as t on q.organization_id = t.organization_id and q.store_id = t.id
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.stream in ('customers', 'orders')
order by q.id
