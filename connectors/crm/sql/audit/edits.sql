-- What people changed in one row, and what became of it; oldest first. The values as JSON text.
-- Expects organization_id, row_id. Returns id, column, earlier value, new value, edited_at, by, state,
-- settled_at, run_id.
select
  e.id,
  e.column_name,
  e.earlier_value::text as earlier_value,
  e.new_value::text as new_value,
  e.edited_at,
  coalesce(e.author_id::text, e.login) as edited_by,
  e.state,
  e.settled_at,
  e.run_id
from sync.field_edits as e
where e.organization_id = %(organization_id)s and e.row_id = %(row_id)s
order by e.id
