-- Whose report it is, and the moment its figures are read: the transaction's, the same for all of
-- them.
select
  o.id::text as organization_id,
  o.name,
  o.reporting_currency,
  now() as read_at
from public.organizations as o
where o.id = %(organization_id)s
