-- What each store sold, in the currency it sold in: amounts of different currencies stay apart.
-- store_key NULL is orders that people typed in the CRM.
select
  organization_id,
  store_key,
  currency,
  sum(orders) as orders,
  sum(gross_amount) as gross_amount,
  sum(lost_amount) as lost_amount,
  sum(returns_amount) as returns_amount,
  sum(net_amount) as net_amount
from marts.fct_daily_shop
group by organization_id, store_key, currency
order by organization_id, store_key, currency
