{{ config(meta={'dagster': {'ref': {'name': 'stg_crm__clients'}}}) }}

{#
  A hit is a client whose totals are not those of the orders: the trigger that keeps them was off, or
  somebody wrote them by hand. Whoever runs the database touches the client's orders (any update that
  changes an amount fires the trigger) and finds out who wrote.

  It comes after a view that nothing is built from: one organization's hit must not keep all others'
  marts at yesterday's.
#}
-- depends_on: {{ ref('analytics_client_metrics') }}
with order_sums as (
  select
    organization_id,
    client_id,
    count(*) as total_orders,
    coalesce(sum(net_revenue), 0) as total_revenue
  from {{ ref('stg_crm__orders') }}
  where not is_lost
  group by organization_id, client_id
)

select
  clients.organization_id,
  clients.client_id,
  clients.total_orders,
  clients.total_revenue,
  order_sums.total_orders as orders_counted,
  order_sums.total_revenue as orders_summed
from {{ ref('stg_crm__clients') }} as clients
left join order_sums
  on
    clients.organization_id = order_sums.organization_id
    and clients.client_id = order_sums.client_id
where
  clients.total_orders <> coalesce(order_sums.total_orders, 0)
  or clients.total_revenue <> coalesce(order_sums.total_revenue, 0)
