-- Which of a batch's records do we know, and is there news?
--
-- Expects organization_id, store_id, entity and three arrays of equal length: external_ids, hashes
-- (hex), times. Returns position (from 1), the CRM row and a verdict; a record not returned is new.
-- Asked before anything is staged: an unchanged batch then writes nothing at all.
select
  (s.position - 1)::integer as place,
  m.crm_id,
  case
    when m.content_hash is null then 'changed'
    when m.source_updated_at > s.source_updated_at then 'stale'
    when m.content_hash <> decode(s.content_hash, 'hex') then 'changed'
    when m.source_updated_at is distinct from s.source_updated_at
      and s.source_updated_at is not null then 'touched'
    else 'unchanged'
  end as verdict
from
  unnest(%(external_ids)s::text [], %(hashes)s::text [], %(times)s::timestamptz [])
  with ordinality as s (external_id, content_hash, source_updated_at, position)
inner join sync.record_map as m
  on
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = %(entity)s
    and m.external_id = s.external_id
