-- What these clients are recognised by in a payload that could not be read.
-- Expects organization_id, client_ids. Returns email (lower case), phone (its digits), full_name.
select
  lower(c.email) as email,
  regexp_replace(c.phone, '[^0-9]', '', 'g') as phone,
  c.full_name
from public.crm_clients as c
where
  c.organization_id = %(organization_id)s
  and c.id = any(%(client_ids)s::uuid [])
