-- Expects key. Returns the organization_id whose store it is.
select s.organization_id::text from sync.stores as s where s.key = %(key)s
