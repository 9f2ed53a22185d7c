-- Is there anything that people changed and nobody has settled? Expects organization_id.
-- Returns one row, is_any.
select exists (
  select
  from sync.field_edits as e
  where e.organization_id = %(organization_id)s and e.settled_at is null
) as is_any
