-- The ten products with the most revenue, per organization and currency, with margin where the cost
-- is known in that currency.
select
  organization_id,
  currency,
  revenue_rank,
  product_name,
  sku,
  units,
  revenue_amount,
  round(100 * margin_rate, 1) as margin_percent,
  last_sold_day
from marts.fct_products
where revenue_rank <= 10 and revenue_amount > 0
order by organization_id, currency, revenue_rank, product_id
