-- A person says now that they are one. Expects organization_id, one_id, other_id.
delete from sync.identity_pins as p
where
  p.organization_id = %(organization_id)s
  and p.client_id = least(%(one_id)s, %(other_id)s)
  and p.other_id = greatest(%(one_id)s, %(other_id)s)
