{{ config(indexes=[{'columns': ['organization_id', 'period_day'], 'unique': true}]) }}

with daily as (
  select
    organization_id,
    coalesce(sum(net_revenue) filter (where not is_lost), 0) as total_revenue,
    count(distinct client_id) filter (where not is_lost) as unique_customers,
    count(*) filter (where not is_lost) as order_count,
    coalesce(sum(net_revenue) filter (where status = 'delivered'), 0) as delivered_revenue,
    coalesce(sum(total * exchange_rate) filter (where is_lost), 0) as lost_revenue,
    date_trunc('day', order_date, 'UTC') as period_day
  from {{ ref('stg_crm__orders') }}
  group by organization_id, date_trunc('day', order_date, 'UTC')
)

select
  organization_id,
  total_revenue,
  unique_customers,
  order_count,
  total_revenue / nullif(order_count, 0) as avg_order_value,
  delivered_revenue,
  lost_revenue,
  period_day,
  date_trunc('week', period_day, 'UTC') as period_week,
  date_trunc('month', period_day, 'UTC') as period_month,
  date_trunc('year', period_day, 'UTC') as period_year
from daily
