-- What was decided about this person is taken back. Expects organization_id, store_id, entity,
-- external_id.
update sync.identity_links as k
set undone_at = now()
where
  k.organization_id = %(organization_id)s
  and k.store_id = %(store_id)s
  and k.entity = %(entity)s
  and k.external_id = %(external_id)s
  and k.undone_at is null
