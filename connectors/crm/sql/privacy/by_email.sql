-- Who in the organization has this e-mail address? Expects organization_id, email (lower case).
-- Returns client ids: whoever shows it, and whoever ordered as a guest with it.
select c.id
from public.crm_clients as c
where c.organization_id = %(organization_id)s and lower(c.email) = %(email)s
union
select m.crm_id
from sync.record_map as m
where
  m.organization_id = %(organization_id)s
  and m.entity = 'guests'
  and (
    m.external_id = 'email:' || %(email)s
    -- An address that several people share, with the name that came with it.
    or starts_with(m.external_id, 'email:' || %(email)s || '|')
  )
