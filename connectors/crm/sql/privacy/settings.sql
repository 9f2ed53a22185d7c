-- Expects organization_id, store_id. Returns the store's settings.
select s.settings
from sync.stores as s
where s.organization_id = %(organization_id)s and s.id = %(store_id)s
