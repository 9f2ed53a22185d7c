{{ config(indexes=[{
  'columns': [
    'organization_id', 'lifecycle_stage', 'client_type', 'source', 'assigned_to', 'period_month'
  ],
  'unique': true
}]) }}

select
  organization_id,
  lifecycle_stage,
  client_type,
  source,
  assigned_to,
  count(*) as client_count,
  sum(total_revenue) as total_revenue,
  sum(total_revenue) / count(*) as avg_revenue_per_client,
  sum(total_orders)::numeric / count(*) as avg_orders_per_client,
  -- Pooled: the mean of the clients' own averages would count a one-order client like a regular.
  sum(total_revenue) / nullif(sum(total_orders), 0) as avg_order_value,
  avg(lead_score) as avg_lead_score,
  date_trunc('month', created_at, 'UTC') as period_month
from {{ ref('stg_crm__clients') }}
group by
  organization_id,
  lifecycle_stage,
  client_type,
  source,
  assigned_to,
  date_trunc('month', created_at, 'UTC')
