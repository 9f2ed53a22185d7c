{{ config(meta={'dagster': {'ref': {'name': 'analytics_revenue_metrics'}}}) }}

{#
  A hit is an organization for which total_revenue + lost_revenue + partial refunds is not the gross of
  its orders: an order is missing from the view, counted twice, or in the wrong part. Whoever changed
  analytics_revenue_metrics looks. A cent is allowed for each converted order, which is rounded once.

  Orders that changed while this build ran may or may not be in the view yet, so their organizations
  are judged by the next build.
#}
with from_orders as (
  select
    organization_id,
    sum(total * exchange_rate) as gross,
    coalesce(sum(refunded_total * exchange_rate) filter (where not is_lost), 0) as partial_refunds,
    count(*) filter (where exchange_rate <> 1) as converted_orders
  from {{ ref('stg_crm__orders') }}
  where exchange_rate is not null
  group by organization_id
  having max(updated_at) < '{{ run_started_at }}'
),

from_view as (
  select
    organization_id,
    sum(total_revenue) as total_revenue,
    sum(lost_revenue) as lost_revenue
  from {{ ref('analytics_revenue_metrics') }}
  group by organization_id
)

select
  from_orders.organization_id,
  from_orders.gross,
  from_view.total_revenue,
  from_view.lost_revenue,
  from_orders.partial_refunds
from from_orders
left join from_view on from_orders.organization_id = from_view.organization_id
where
  from_view.organization_id is null
  or abs(
    from_view.total_revenue
    + from_view.lost_revenue
    + from_orders.partial_refunds
    - from_orders.gross
  ) > 0.01 * from_orders.converted_orders
