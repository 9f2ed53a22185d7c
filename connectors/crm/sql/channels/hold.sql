-- Expects organization_id, id. Returns the encrypted envelope, held until the transaction ends.
select c.credentials
from public.channels as c
where c.organization_id = %(organization_id)s and c.id = %(id)s and c.credentials is not null
for no key update
