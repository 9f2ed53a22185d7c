-- Expects organization_id and id. Returns the payload as text: its type may hold what reading it as
-- JSON would refuse.
select q.payload::text
from sync.quarantine as q
where q.organization_id = %(organization_id)s and q.id = %(id)s
