-- What people changed in these rows, and nobody has settled yet.
--
-- Expects organization_id and row_ids. Returns id, row, column, the value before the edit as JSON
-- text (null when it was erased) and the state; oldest first. Asked by every load of known rows: a
-- partial index, nearly always empty, answers.
select
  e.id,
  e.row_id,
  e.column_name,
  e.earlier_value::text as earlier_value,
  e.state
from sync.field_edits as e
where
  e.organization_id = %(organization_id)s
  and e.row_id = any(%(row_ids)s::uuid [])
  and e.settled_at is null
  and e.column_name is not null
order by e.id
