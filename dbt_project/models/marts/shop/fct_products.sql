{{ config(unique_key=['organization_id', 'product_id', 'currency']) }}

with sold as (
  select
    organization_id,
    product_id,
    currency,
    count(distinct order_id) filter (where not is_lost) as orders,
    coalesce(sum(quantity) filter (where not is_lost), 0) as units,
    coalesce(sum(line_total_amount) filter (where not is_lost), 0) as revenue_amount,
    coalesce(sum(quantity) filter (where is_lost), 0) as lost_units,
    coalesce(sum(line_total_amount) filter (where is_lost), 0) as lost_amount,
    coalesce(sum(line_total_reporting) filter (where not is_lost), 0) as revenue_reporting,
    count(distinct order_id) filter (where not is_lost and exchange_rate is null)
      as unrated_orders,
    min(order_day) filter (where not is_lost) as first_sold_day,
    max(order_day) filter (where not is_lost) as last_sold_day
  from {{ ref('fct_order_items') }}
  where product_id is not null
  group by organization_id, product_id, currency
),

by_currency as (
  select
    products.organization_id,
    products.product_id,
    products.product_name,
    products.sku,
    products.category,
    products.is_active,
    products.currency as product_currency,
    products.price,
    products.cost,
    -- What was never sold has one row, in its own currency.
    coalesce(sold.currency, products.currency) as currency,
    coalesce(sold.orders, 0) as orders,
    coalesce(sold.units, 0) as units,
    coalesce(sold.revenue_amount, 0) as revenue_amount,
    coalesce(sold.lost_units, 0) as lost_units,
    coalesce(sold.lost_amount, 0) as lost_amount,
    coalesce(sold.revenue_reporting, 0) as revenue_reporting,
    coalesce(sold.unrated_orders, 0) as unrated_orders,
    sold.first_sold_day,
    sold.last_sold_day
  from {{ ref('stg_crm__products') }} as products
  left join sold
    on
      products.organization_id = sold.organization_id
      and products.product_id = sold.product_id
),

costed as (
  select
    *,
    -- One cost per unit for all of them: as it is now, and only in its own currency.
    case when product_currency = currency then cost * units end as cost_amount
  from by_currency
)

select
  costed.organization_id,
  costed.product_id,
  costed.currency,
  costed.product_name,
  costed.sku,
  costed.category,
  costed.is_active,
  costed.product_currency,
  costed.price as price_amount,
  costed.cost as unit_cost_amount,
  costed.orders,
  costed.units,
  costed.revenue_amount,
  costed.lost_units,
  costed.lost_amount,
  costed.cost_amount,
  costed.revenue_amount - costed.cost_amount as margin_amount,
  (costed.revenue_amount - costed.cost_amount) / nullif(costed.revenue_amount, 0) as margin_rate,
  costed.revenue_reporting,
  organizations.reporting_currency,
  costed.unrated_orders,
  costed.first_sold_day,
  costed.last_sold_day,
  rank() over (
    partition by costed.organization_id, costed.currency order by costed.revenue_amount desc
  ) as revenue_rank
from costed
inner join {{ ref('stg_crm__organizations') }} as organizations
  on costed.organization_id = organizations.organization_id
