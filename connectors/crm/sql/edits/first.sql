-- Is there anything that people changed and nobody has settled? Expects organization_id.
-- Returns one of them, or no row.
select e.id
from sync.field_edits as e
where e.organization_id = %(organization_id)s and e.settled_at is null
order by e.id
limit 1
