-- Rows that people removed and whose records the store has no more either: nothing is to come back.
-- Expects organization_id, store_id, run_id, stream, external_ids.
update sync.field_edits as e
set
  state = 'gone',
  settled_at = now(),
  run_id = %(run_id)s
where
  e.organization_id = %(organization_id)s
  and e.store_id = %(store_id)s
  and e.run_id is null
  and e.settled_at is null
  and e.column_name is null
  and e.stream = %(stream)s
  and e.external_id = any(%(external_ids)s::text [])
