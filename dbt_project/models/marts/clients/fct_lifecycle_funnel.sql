{{ config(unique_key=['organization_id', 'lifecycle_stage']) }}

with counted as (
  select
    organization_id,
    lifecycle_stage,
    count(*) as clients
  from {{ ref('stg_crm__clients') }}
  group by organization_id, lifecycle_stage
),

-- All documented stages for every organization, in their order, as get_conversion_funnel has them.
stages as (
  select
    organizations.organization_id,
    stages.lifecycle_stage,
    stages.stage_position,
    coalesce(counted.clients, 0) as clients
  from {{ ref('stg_crm__organizations') }} as organizations
  cross join
    unnest(
      array['lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist', 'churned']
    ) with ordinality as stages (lifecycle_stage, stage_position)
  left join counted
    on
      organizations.organization_id = counted.organization_id
      and stages.lifecycle_stage = counted.lifecycle_stage
),

reached as (
  select
    *,
    round(
      100.0 * clients / nullif(sum(clients) over (partition by organization_id), 0), 2
    ) as percentage,
    -- Nobody knows how far those came who have left, so they count in their own stage only.
    sum(clients) over (
      partition by organization_id, lifecycle_stage = 'churned'
      order by stage_position desc
    )::bigint as clients_reached
  from stages
)

select
  organization_id,
  lifecycle_stage,
  stage_position::integer as stage_position,
  clients,
  percentage,
  clients_reached,
  case
    when lifecycle_stage <> 'churned'
      then
        clients_reached::numeric
        / nullif(lag(clients_reached) over (
          partition by organization_id
          order by stage_position asc
        ), 0)
  end as conversion_from_previous
from reached
union all
select
  organization_id,
  null as lifecycle_stage,
  null as stage_position,
  clients,
  null as percentage,
  clients as clients_reached,
  null as conversion_from_previous
from counted
where lifecycle_stage is null
