-- Expects organization_id, store_id and status.
update sync.stores as s
set status = %(status)s, updated_at = now()
where
  s.organization_id = %(organization_id)s
  and s.id = %(store_id)s
  and s.status is distinct from %(status)s
