-- Expects organization_id, store_ids. Returns the stores' keys.
select s.key
from sync.stores as s
where s.organization_id = %(organization_id)s and s.id = any(%(store_ids)s::uuid [])
order by s.key
