-- Gives a store other settings, all at once, so that two who change different ones keep both.
-- Expects organization_id, store_id, given (jsonb) and removed (names). Returns what they are now.
update sync.stores as s
set settings = (s.settings - %(removed)s::text []) || %(given)s::jsonb, updated_at = now()
where s.organization_id = %(organization_id)s and s.id = %(store_id)s
returning s.settings
