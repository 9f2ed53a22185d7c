-- What of some records is known: changed in the store since, waiting in quarantine, held by people.
--
-- Expects organization_id, store_id, stream, external_ids, since. Returns external_id, is_news,
-- is_waiting, is_held. One that was discarded from quarantine waits too: the store has it, the CRM not.
with waiting as (
  select distinct q.external_id
  from sync.quarantine as q
  where
    q.organization_id = %(organization_id)s
    and q.store_id = %(store_id)s
    and q.stream = %(stream)s
    and q.state <> 'resolved'
),

held as (
  select distinct e.row_id
  from sync.field_edits as e
  where e.organization_id = %(organization_id)s and e.state = 'held'
)

select
  w.external_id,
  coalesce(m.source_updated_at >= %(since)s, false) as is_news,
  q.external_id is not null as is_waiting,
  h.row_id is not null as is_held
from unnest(%(external_ids)s::text []) as w (external_id)
left join sync.record_map as m
  on
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = %(stream)s
    and w.external_id = m.external_id
    and m.deleted_at is null
left join waiting as q on w.external_id = q.external_id
left join held as h on m.crm_id = h.row_id
