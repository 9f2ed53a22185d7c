-- Which of a batch's records do we know, and is there news?
--
-- Expects organization_id, store_id, entity and three arrays of equal length: external_ids, digests
-- (hex), times. Returns place (from 0), the CRM row and a verdict; a record not returned is new.
-- Asked before anything is staged: an unchanged batch then writes nothing at all.
with records as (
  select
    (s.position - 1)::integer as place,
    s.external_id,
    decode(s.content_hash, 'hex') as content_hash,
    s.source_updated_at::timestamptz as source_updated_at
  from unnest(%(external_ids)s::text [], %(digests)s::text [], %(times)s::text [])
    with ordinality as s (external_id, content_hash, source_updated_at, position)
)

select
  r.place,
  m.crm_id,
  case
    when m.content_hash is null then 'changed'
    when m.source_updated_at > r.source_updated_at then 'stale'
    when m.content_hash <> r.content_hash then 'changed'
    when m.source_updated_at is null and r.source_updated_at is not null then 'touched'
    when m.source_updated_at < r.source_updated_at then 'touched'
    else 'unchanged'
  end as verdict
from records as r
inner join sync.record_map as m
  on
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = %(entity)s
    and r.external_id = m.external_id
