-- Expects organization_id, client_id. Returns the clients that a person said it is not.
select case when p.client_id = %(client_id)s then p.other_id else p.client_id end as other_id
from sync.identity_pins as p
where
  p.organization_id = %(organization_id)s
  and %(client_id)s in (p.client_id, p.other_id)
order by other_id
