-- Revenue orders that are in no reporting figure, as nobody knows their exchange rate.
select
  organization_id,
  currency,
  reporting_currency,
  count(*) as orders,
  sum(net_amount) as net_amount,
  min(order_day) as first_day,
  max(order_day) as last_day
from marts.fct_orders
where net_reporting is null
group by organization_id, currency, reporting_currency
order by organization_id, currency
