-- Cancelled again, and entered among the edits as what no trigger saw. Expects organization_id,
-- store_id, run_id and arrays of equal length: row_ids, external_ids; the rows' clients locked.
with found as (
  select
    s.external_id,
    o.id,
    to_jsonb(o.status) as found_value
  from unnest(%(row_ids)s::uuid [], %(external_ids)s::text []) as s (row_id, external_id)
  inner join public.crm_orders as o
    on o.organization_id = %(organization_id)s and s.row_id = o.id
  where o.status is distinct from 'cancelled'
),

ended as (
  update public.crm_orders as o
  set status = 'cancelled'
  from found as f
  where o.organization_id = %(organization_id)s and o.id = f.id
  returning o.id
)

insert into sync.field_edits (
  organization_id, table_name, row_id, column_name, earlier_value, new_value, state, settled_at,
  run_id, store_id, stream, external_id
)
select
  %(organization_id)s,
  'crm_orders',
  f.id,
  'status',
  '"cancelled"'::jsonb,
  f.found_value,
  'overwritten',
  now(),
  %(run_id)s,
  %(store_id)s,
  'orders',
  f.external_id
from found as f
inner join ended as n on f.id = n.id
order by f.id
