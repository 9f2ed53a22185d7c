-- Rows of the quarantine, settled ones too, that may speak of these persons: by the record's id, or
-- because an address, a number or an id stands somewhere in the payload.
--
-- Expects organization_id, arrays of equal length record_stores, record_entities, record_ids, and
-- needles (lower case; looked for in every store of the organization). Returns id, store_id,
-- platform, settings, stream, external_id, code, reason, payload_kind, payload, is_named.
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
  n.is_named
from sync.quarantine as q
inner join sync.stores as t on q.organization_id = t.organization_id and q.store_id = t.id
cross join lateral (
  select exists (
    select
    from unnest(
      %(record_stores)s::uuid [], %(record_entities)s::text [], %(record_ids)s::text []
    ) as s (store_id, entity, external_id)
    where s.store_id = q.store_id and s.entity = q.stream and s.external_id = q.external_id
  ) as is_named
) as n
where
  q.organization_id = %(organization_id)s
  and q.stream in ('customers', 'orders')
  and (
    n.is_named
    or exists (
      select
      from unnest(%(needles)s::text []) as s (needle)
      where strpos(lower(q.payload::text), s.needle) > 0
    )
  )
order by q.id
