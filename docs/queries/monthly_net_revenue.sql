-- Net revenue per organization and UTC month, in the organization's reporting currency.
-- unrated_orders are sales the figure leaves out because their exchange rate is not known yet.
select
  organization_id,
  period_month,
  reporting_currency,
  sum(net_reporting) as net_revenue,
  sum(revenue_orders) as revenue_orders,
  sum(net_reporting) / nullif(sum(revenue_orders), 0) as average_order_value,
  sum(unrated_orders) as unrated_orders
from marts.fct_daily_shop
group by organization_id, period_month, reporting_currency
order by organization_id, period_month
