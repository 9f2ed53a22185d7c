{{ config(meta={'dagster': {'ref': {'name': 'fct_lifecycle_funnel'}}}) }}

{#
  A hit is a lifecycle stage for which the mart and the database's own function disagree: one of them
  was changed alone. Whoever changed it looks.

  Clients that changed while this build ran may or may not be in the mart yet, so their organizations
  are judged by the next build.
#}
with settled as (
  select organizations.organization_id
  from {{ ref('stg_crm__organizations') }} as organizations
  left join {{ ref('stg_crm__clients') }} as clients
    on organizations.organization_id = clients.organization_id
  where organizations.created_at < '{{ run_started_at }}'
  group by organizations.organization_id
  having coalesce(max(clients.updated_at), '-infinity') < '{{ run_started_at }}'
),

by_function as (
  select
    settled.organization_id,
    funnel.lifecycle_stage,
    funnel.count as clients,
    funnel.percentage
  from settled
  cross join public.get_conversion_funnel(settled.organization_id) as funnel
),

by_mart as (
  select
    mart.organization_id,
    mart.lifecycle_stage,
    mart.clients,
    mart.percentage
  from {{ ref('fct_lifecycle_funnel') }} as mart
  inner join settled on mart.organization_id = settled.organization_id
  where mart.lifecycle_stage is not null
)

select
  coalesce(by_function.organization_id, by_mart.organization_id) as organization_id,
  coalesce(by_function.lifecycle_stage, by_mart.lifecycle_stage) as lifecycle_stage,
  by_function.clients as expected,
  by_mart.clients as found
from by_function
full join by_mart
  on
    by_function.organization_id = by_mart.organization_id
    and by_function.lifecycle_stage = by_mart.lifecycle_stage
where
  (by_function.clients, by_function.percentage)
  is distinct from (by_mart.clients, by_mart.percentage)
