-- Note changes that no trigger saw: the payload was the same, the row was not, and is again.
--
-- Expects organization_id, store_id, run_id, table_name, stream and arrays of equal length: row_ids,
-- columns, earlier_values (the store's, now back) and new_values (what was found) as JSON,
-- external_ids. When and by whom it was changed is not known.
insert into sync.field_edits (
  organization_id, table_name, row_id, column_name, earlier_value, new_value, state, settled_at,
  run_id, store_id, stream, external_id
)
select
  %(organization_id)s,
  %(table_name)s,
  s.row_id,
  s.column_name,
  s.earlier_value,
  s.new_value,
  'overwritten',
  now(),
  %(run_id)s,
  %(store_id)s,
  %(stream)s,
  s.external_id
from unnest(
  %(row_ids)s::uuid [], %(columns)s::text [], %(earlier_values)s::jsonb [],
  %(new_values)s::jsonb [], %(external_ids)s::text []
) as s (row_id, column_name, earlier_value, new_value, external_id)
order by s.row_id, s.column_name
