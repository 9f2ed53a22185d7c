-- Share of orders that were cancelled, and of which something was given back, by month of the order.
select
  organization_id,
  period_month,
  sum(orders) as orders,
  sum(cancelled_orders) / nullif(sum(orders), 0) as cancel_rate,
  sum(refunded_orders) / nullif(sum(orders), 0) as refund_rate
from marts.fct_daily_shop
group by organization_id, period_month
order by organization_id, period_month
