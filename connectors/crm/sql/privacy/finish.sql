-- Expects organization_id, erasure_id, counts (JSON).
update sync.erasures as e
set counts = %(counts)s
where e.organization_id = %(organization_id)s and e.id = %(erasure_id)s
