{{ config(
    unique_key=['organization_id', 'order_id', 'line_number'],
    mirror_scope='order_items_to_mirror',
    mirror_scope_key=['organization_id', 'order_id'],
) }}
-- What has changed is told by comparing with the orders' mart: depends_on: {{ ref('fct_orders') }}

with orders as (
  select
    *,
    case when jsonb_typeof(items) = 'array' then items end as list
  from {{ ref('stg_crm__orders') }}
  {% if mirrors_scope_only() %}
    where (organization_id, order_id) in (
      select
        mirror_scope.organization_id,
        mirror_scope.order_id
      from mirror_scope
    )
  {% else %}
    -- An order that has come since the orders' mart was read is for the next build.
    where (organization_id, order_id) in (
      select
        known.organization_id,
        known.order_id
      from {{ ref('fct_orders') }} as known
    )
  {% endif %}
),

lines as (
  select
    orders.organization_id,
    orders.order_id,
    placed.line_number,
    orders.currency,
    orders.exchange_rate,
    orders.status,
    orders.is_lost,
    (orders.order_date at time zone 'UTC')::date as order_day,
    orders.updated_at as order_updated_at,
    placed.line ->> 'ecommerce_product_id' as product_external_id,
    placed.line ->> 'sku' as sku,
    placed.line ->> 'name' as product_name,
    {{ number_or_null("placed.line ->> 'quantity'") }} as quantity,
    {{ number_or_null("placed.line ->> 'unit_price'") }} as unit_price,
    {{ number_or_null("placed.line ->> 'total'") }} as line_total,
    {{ number_or_null("placed.line ->> 'tax'") }} as tax
  from orders
  cross join lateral jsonb_array_elements(orders.list) with ordinality as placed (line, line_number)
  where jsonb_typeof(placed.line) = 'object'
),

costed as (
  select
    lines.*,
    organizations.reporting_currency,
    products.product_id,
    case when products.currency = lines.currency then products.cost end as unit_cost
  from lines
  inner join {{ ref('stg_crm__organizations') }} as organizations
    on lines.organization_id = organizations.organization_id
  left join {{ ref('stg_crm__products') }} as products
    on
      lines.organization_id = products.organization_id
      and lines.product_external_id = products.ecommerce_product_id
)

select
  organization_id,
  order_id,
  line_number,
  product_id,
  product_external_id,
  sku,
  product_name,
  quantity,
  unit_price as unit_price_amount,
  line_total as line_total_amount,
  tax as tax_amount,
  currency,
  order_day,
  status,
  is_lost,
  unit_cost as unit_cost_amount,
  unit_cost * quantity as line_cost_amount,
  exchange_rate,
  line_total * exchange_rate as line_total_reporting,
  reporting_currency,
  order_updated_at
from costed
