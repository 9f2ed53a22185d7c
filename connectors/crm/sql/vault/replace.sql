-- Expects organization_id, store_id and the encrypted envelope. Returns a row where there was one.
--
-- Never inserts: a store that was removed meanwhile must not get its credentials back.
update sync.store_credentials as c
set envelope = %(envelope)s, updated_at = now()
where c.organization_id = %(organization_id)s and c.store_id = %(store_id)s
returning c.store_id::text
