-- Which of a batch's records do we know, and is there news?
--
-- Expects organization_id, store_id, entity, three arrays of equal length: external_ids, digests
-- (hex), times; asked_at, when the store was asked for these records by name (by our clock; null for
-- a list), and is_forced. Returns place (from 0), the CRM row and a verdict; a record not returned is
-- new. Asked before anything is staged: an unchanged batch then writes nothing at all.
--
-- A list may show what was: an older source time is an older state. The answer to a question by name
-- is the state of now, whatever its time says (a backup, a restored record), unless we have loaded
-- another one since we asked.
with records as (
  select
    (s.position - 1)::integer as place,
    s.external_id,
    decode(s.content_hash, 'hex') as content_hash,
    s.source_updated_at::timestamptz as source_updated_at
  from unnest(%(external_ids)s::text [], %(digests)s::text [], %(times)s::text [])
    with ordinality as s (external_id, content_hash, source_updated_at, position)
),

known as (
  select
    r.place,
    m.crm_id,
    r.content_hash,
    m.content_hash as known_hash,
    r.source_updated_at,
    m.source_updated_at as known_updated_at,
    coalesce(m.updated_at <= %(asked_at)s::timestamptz, false) as is_answer
  from records as r
  inner join sync.record_map as m
    on
      m.organization_id = %(organization_id)s
      and m.store_id = %(store_id)s
      and m.entity = %(entity)s
      and r.external_id = m.external_id
)

select
  k.place,
  k.crm_id,
  case
    when k.known_hash is null then 'changed'
    when k.known_updated_at > k.source_updated_at and not k.is_answer then 'stale'
    when k.known_hash <> k.content_hash then 'changed'
    when %(is_forced)s then 'forced'
    when k.known_updated_at is null and k.source_updated_at is not null then 'touched'
    when k.known_updated_at <> k.source_updated_at then 'touched'
    else 'unchanged'
  end as verdict
from known as k
