-- Expects nothing. Returns every organization: its id (an organization_id), name, reporting currency.
select
  o.id::text,
  o.name,
  o.reporting_currency
from public.organizations as o
order by o.name, o.id
