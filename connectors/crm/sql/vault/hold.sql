-- Expects organization_id, store_id. Returns the encrypted envelope, held until the transaction ends.
select c.envelope
from sync.store_credentials as c
where c.organization_id = %(organization_id)s and c.store_id = %(store_id)s
for update
