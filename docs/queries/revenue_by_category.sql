-- Net revenue by category of the products that were sold, in the reporting currency: what the lines came
-- to, less the order's refunds in proportion, as a refund names no line. Shipping is in no line, and tax
-- in none but Medusa's and those of Shopify shops whose prices include it. Lines whose product is not
-- known stand apart; orders without a rate are counted and in no sum.
with categories as (
  select distinct
    organization_id,
    product_id,
    category
  from marts.fct_products
)

select
  orders.organization_id,
  orders.reporting_currency,
  lines.product_id is not null as is_known_product,
  categories.category,
  sum(lines.line_total_reporting) as revenue_before_refunds,
  round(
    sum(lines.line_total_reporting * orders.net_amount / nullif(orders.gross_amount, 0)), 2
  ) as net_revenue,
  count(distinct orders.order_id) filter (where orders.exchange_rate is null) as unrated_orders
from marts.fct_orders as orders
inner join marts.fct_order_items as lines
  on orders.organization_id = lines.organization_id and orders.order_id = lines.order_id
left join categories
  on lines.organization_id = categories.organization_id and lines.product_id = categories.product_id
where not orders.is_lost
group by
  orders.organization_id,
  orders.reporting_currency,
  lines.product_id is not null,
  categories.category
order by orders.organization_id asc, net_revenue desc nulls last, categories.category asc
