-- Inactive again, and entered among the edits as what no trigger saw. Expects organization_id,
-- store_id, run_id and arrays of equal length: row_ids, external_ids; the rows' clients locked.
with found as (
  select
    s.external_id,
    p.id,
    to_jsonb(p.is_active) as found_value
  from unnest(%(row_ids)s::uuid [], %(external_ids)s::text []) as s (row_id, external_id)
  inner join public.crm_products as p
    on p.organization_id = %(organization_id)s and s.row_id = p.id
  where p.is_active is distinct from false
),

ended as (
  update public.crm_products as p
  set is_active = false
  from found as f
  where p.organization_id = %(organization_id)s and p.id = f.id
  returning p.id
)

insert into sync.field_edits (
  organization_id, table_name, row_id, column_name, earlier_value, new_value, state, settled_at,
  run_id, store_id, stream, external_id
)
select
  %(organization_id)s,
  'crm_products',
  f.id,
  'is_active',
  'false'::jsonb,
  f.found_value,
  'overwritten',
  now(),
  %(run_id)s,
  %(store_id)s,
  'products',
  f.external_id
from found as f
inner join ended as n on f.id = n.id
order by f.id
