-- A person has decided. Expects organization_id, number, status (merged, kept).
update sync.identity_reviews as v
set status = %(status)s, resolved_at = now()
where v.organization_id = %(organization_id)s and v.id = %(number)s
