-- Clients by lifecycle stage, and how many got at least that far.
select
  f.lifecycle_stage,
  f.clients,
  f.clients_reached,
  f.conversion_from_previous
from marts.fct_lifecycle_funnel as f
where f.organization_id = %(organization_id)s
