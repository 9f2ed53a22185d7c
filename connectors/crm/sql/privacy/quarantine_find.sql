-- Rows of the quarantine, settled ones too, that may speak of these persons: by the record's id, or
-- because an address, a number or an id stands somewhere in the payload.
--
-- Expects organization_id, arrays of equal length record_stores, record_entities, record_ids, and
-- needles (lower case) and numbers (digits only), looked for in every store of the organization.
-- Returns id, store_id, platform, settings, stream, external_id, code, reason, payload_kind, payload,
-- is_named.
with named as (
  select distinct q.id
  from unnest(
    %(record_stores)s::uuid [], %(record_entities)s::text [], %(record_ids)s::text []
  ) as s (store_id, entity, external_id)
  inner join sync.quarantine as q
    on
      q.organization_id = %(organization_id)s
      and s.store_id = q.store_id
      and s.entity = q.stream
      and s.external_id = q.external_id
),

-- Once a payload, not once for each text that is looked for.
folded as materialized (
  select
    q.id,
    lower(q.payload::text) as letters,
    -- Numbers are written in groups of two, three, four: what is no digit goes, escapes too.
    regexp_replace(q.payload::text, '\\u[0-9a-f]{4}|\D', '', 'g') as digits
  from sync.quarantine as q
  where
    q.organization_id = %(organization_id)s
    and q.stream in ('customers', 'orders')
    -- Nothing is read where nothing is looked for: a batch of orders that a shop forgot for their age.
    and cardinality(%(needles)s::text []) + cardinality(%(numbers)s::text []) > 0
),

suspected as (
  select f.id
  from folded as f
  where
    exists (
      select
      from unnest(%(needles)s::text []) as s (needle)
      where strpos(f.letters, s.needle) > 0
    )
    or exists (
      select
      from unnest(%(numbers)s::text []) as s (number)
      where strpos(f.digits, s.number) > 0
    )
)

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
  n.id is not null as is_named
from sync.quarantine as q
inner join sync.stores as t on q.organization_id = t.organization_id and q.store_id = t.id
left join named as n on q.id = n.id
where
  q.organization_id = %(organization_id)s
  and q.stream in ('customers', 'orders')
  and (n.id is not null or q.id in (select u.id from suspected as u))
order by q.id
