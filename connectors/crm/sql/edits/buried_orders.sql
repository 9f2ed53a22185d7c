-- Orders that the store has no more and that people made stand again: cancelled, as they were.
--
-- Expects organization_id, store_id, run_id, states (of the edits that the store overwrites).
with edited as (
  select
    e.id,
    e.row_id,
    m.external_id
  from sync.field_edits as e
  inner join sync.record_map as m
    on
      m.organization_id = e.organization_id
      and m.crm_id = e.row_id
      and m.store_id = %(store_id)s
      and m.entity = 'orders'
      and m.deleted_at is not null
      and m.content_hash is null
  where
    e.organization_id = %(organization_id)s
    and e.table_name = 'crm_orders'
    and e.column_name = 'status'
    and e.settled_at is null
    and e.state = any(%(states)s::text [])
),

ended as (
  update public.crm_orders as o
  set status = 'cancelled'
  where
    o.organization_id = %(organization_id)s
    and o.id in (select d.row_id from edited as d)
    and o.status is distinct from 'cancelled'
  returning o.id
)

update sync.field_edits as e
set
  state = case when e.row_id in (select n.id from ended as n) then 'overwritten' else 'same' end,
  settled_at = now(),
  run_id = %(run_id)s,
  store_id = %(store_id)s,
  stream = 'orders',
  external_id = d.external_id
from edited as d
where
  e.organization_id = %(organization_id)s
  and e.id = d.id
