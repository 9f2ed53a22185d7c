-- How many clients reached each stage, and which share of those before them.
select
  organization_id,
  lifecycle_stage,
  clients,
  clients_reached,
  round(100 * conversion_from_previous, 1) as conversion_percent
from marts.fct_lifecycle_funnel
where lifecycle_stage <> 'churned'
order by organization_id, stage_position
