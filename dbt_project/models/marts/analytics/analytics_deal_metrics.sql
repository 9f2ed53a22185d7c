{{ config(indexes=[{
  'columns': ['organization_id', 'stage', 'owner_id', 'period_month'], 'unique': true
}]) }}

select
  organization_id,
  stage,
  owner_id,
  count(*) as deal_count,
  sum(deal_value) as total_value,
  sum(deal_value) / count(*) as avg_deal_size,
  coalesce(sum(deal_value) filter (where stage = 'closed_won'), 0) as won_value,
  coalesce(sum(deal_value) filter (where stage = 'closed_lost'), 0) as lost_value,
  avg(probability) as avg_probability,
  -- A deal entered after it was closed took no days, not a negative number of them.
  avg(
    greatest(0, closed_on - (created_at at time zone 'UTC')::date)
  ) filter (where closed_on is not null) as avg_deal_cycle_days,
  date_trunc('month', created_at, 'UTC') as period_month
from {{ ref('stg_crm__deals') }}
group by organization_id, stage, owner_id, date_trunc('month', created_at, 'UTC')
