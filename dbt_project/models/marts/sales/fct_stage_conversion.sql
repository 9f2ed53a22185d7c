{{ config(unique_key=['organization_id', 'stage', 'entered_month']) }}

with transitions as (
  select *
  from {{ ref('fct_deal_stage_transitions') }}
),

deals as (
  select *
  from {{ ref('stg_crm__deals') }}
),

entries as (
  select
    organization_id,
    deal_id,
    to_stage as stage,
    changed_at as entered_at,
    sequence_number
  from transitions
  union all
  -- The first change that is known left a stage: the deal was in it before anybody kept a history.
  select
    transitions.organization_id,
    transitions.deal_id,
    transitions.from_stage as stage,
    least(deals.created_at, transitions.changed_at) as entered_at,
    0 as sequence_number
  from transitions
  inner join deals
    on
      transitions.organization_id = deals.organization_id
      and transitions.deal_id = deals.deal_id
  where transitions.sequence_number = 1 and transitions.from_stage is not null
  union all
  -- A deal without a history, or one that moved while nobody kept it.
  select
    deals.organization_id,
    deals.deal_id,
    deals.stage,
    greatest(
      coalesce(deals.stage_changed_at, deals.created_at), transitions.changed_at
    ) as entered_at,
    coalesce(transitions.sequence_number, 0) + 1 as sequence_number
  from deals
  left join transitions
    on
      deals.organization_id = transitions.organization_id
      and deals.deal_id = transitions.deal_id
      and transitions.is_current
  where transitions.to_stage is distinct from deals.stage
),

visits as (
  select
    *,
    lead(entered_at) over in_order as left_at,
    max({{ deal_stage_position('stage') }}) over (
      partition by organization_id, deal_id
      order by sequence_number asc
      rows between 1 following and unbounded following
    ) as furthest_position_after
  from entries
  window in_order as (
    partition by organization_id, deal_id
    order by sequence_number asc
  )
),

-- A deal that comes back counts once, where it first came.
deal_stages as (
  select
    visits.organization_id,
    visits.deal_id,
    visits.stage,
    deals.stage as current_stage,
    min(visits.entered_at) as entered_at,
    coalesce(
      max(visits.furthest_position_after) > {{ deal_stage_position('visits.stage') }}, false
    ) as is_advanced,
    case
      when deals.stage <> visits.stage
        then sum(extract(epoch from visits.left_at - visits.entered_at)) / 86400
    end as days_in_stage
  from visits
  inner join deals
    on
      visits.organization_id = deals.organization_id
      and visits.deal_id = deals.deal_id
  group by visits.organization_id, visits.deal_id, visits.stage, deals.stage
),

cohorts as (
  select
    organization_id,
    stage,
    date_trunc('month', entered_at at time zone 'UTC')::date as entered_month,
    count(*) as deals_entered,
    count(*) filter (where is_advanced) as deals_advanced,
    count(*) filter (where current_stage = 'closed_won') as deals_won,
    count(*) filter (where current_stage = 'closed_lost') as deals_lost,
    avg(days_in_stage) as avg_days_in_stage,
    (percentile_cont(0.5) within group (order by days_in_stage))::numeric as median_days_in_stage
  from deal_stages
  group by organization_id, stage, date_trunc('month', entered_at at time zone 'UTC')::date
)

select
  organization_id,
  stage,
  coalesce({{ deal_stage_position('stage') }}, 6) as stage_position,
  entered_month,
  deals_entered,
  deals_advanced,
  deals_won,
  deals_lost,
  deals_entered - deals_won - deals_lost as deals_open,
  case
    when stage not in ('closed_won', 'closed_lost')
      then deals_advanced::numeric / deals_entered
  end as conversion_rate,
  round(100.0 * deals_won / nullif(deals_won + deals_lost, 0), 2) as win_rate,
  avg_days_in_stage,
  median_days_in_stage
from cohorts
