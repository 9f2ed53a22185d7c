-- Expects organization_id, store_id, token.
update sync.leases as l
set released_at = clock_timestamp()
where
  l.organization_id = %(organization_id)s
  and l.store_id = %(store_id)s
  and l.token = %(token)s
