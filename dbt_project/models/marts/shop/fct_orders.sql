{{ config(
    unique_key=['organization_id', 'order_id'],
    mirror_scope='orders_to_mirror',
    mirror_scope_key=['organization_id', 'order_id'],
) }}

with orders as (
  select
    *,
    case when jsonb_typeof(items) = 'array' then items end as list
  from {{ ref('stg_crm__orders') }}
  {% if mirrors_scope_only() %}
    -- All orders of a client whose orders changed are in it, so that ranks are complete.
    where (organization_id, order_id) in (
      select
        mirror_scope.organization_id,
        mirror_scope.order_id
      from mirror_scope
    )
  {% endif %}
),

-- Materialized: it is computed by parallel workers, and the items are left behind before a million
-- orders are sorted for their ranks.
counted as materialized (
  select
    organization_id,
    order_id,
    order_number,
    client_id,
    status,
    is_lost,
    order_date,
    currency,
    exchange_rate,
    subtotal,
    discount,
    tax,
    shipping,
    total,
    refunded_total,
    net_revenue,
    shipped_date,
    delivered_date,
    updated_at,
    -- Anything may stand in items; only what is an object in a list is a line.
    coalesce(
      jsonb_array_length(
        jsonb_path_query_array(list, 'strict $[*] ? (@.type() == "object")')
      ),
      0
    )::bigint as item_count
  from orders
),

ranked as (
  select
    *,
    case
      when not is_lost then row_number() over (
        partition by organization_id, client_id, is_lost order by order_date, order_id
      )
    end as order_rank
  from counted
),

-- Asked of the same orders only: to find the first record of every order takes four seconds of a
-- million.
order_stores as (
  select
    organization_id,
    order_id,
    store_id,
    store_key,
    platform
  from {{ ref('int_order_stores') }}
  {% if mirrors_scope_only() %}
    where (organization_id, order_id) in (
      select
        mirror_scope.organization_id,
        mirror_scope.order_id
      from mirror_scope
    )
  {% endif %}
)

select
  ranked.organization_id,
  ranked.order_id,
  ranked.order_number,
  ranked.client_id,
  stores.store_id,
  stores.store_key,
  stores.platform,
  ranked.status,
  ranked.is_lost,
  coalesce(ranked.order_rank = 1, false) as is_first_order,
  ranked.order_rank,
  ranked.order_date,
  (ranked.order_date at time zone 'UTC')::date as order_day,
  ranked.currency,
  organizations.reporting_currency,
  ranked.exchange_rate,
  ranked.subtotal as subtotal_amount,
  ranked.discount as discount_amount,
  ranked.tax as tax_amount,
  ranked.shipping as shipping_amount,
  ranked.total as gross_amount,
  ranked.refunded_total as refunded_amount,
  case when ranked.is_lost then ranked.total else 0 end as lost_amount,
  case when ranked.is_lost then 0 else ranked.total - ranked.refunded_total end as net_amount,
  ranked.net_revenue as net_reporting,
  ranked.total * ranked.exchange_rate as gross_reporting,
  case when ranked.is_lost then ranked.total * ranked.exchange_rate else 0 end as lost_reporting,
  ranked.refunded_total * ranked.exchange_rate as refunded_reporting,
  ranked.item_count,
  case
    when ranked.shipped_date >= ranked.order_date
      then extract(epoch from ranked.shipped_date - ranked.order_date) / 86400
  end as days_to_ship,
  case
    when ranked.delivered_date >= ranked.order_date
      then extract(epoch from ranked.delivered_date - ranked.order_date) / 86400
  end as days_to_deliver,
  ranked.updated_at
from ranked
inner join {{ ref('stg_crm__organizations') }} as organizations
  on ranked.organization_id = organizations.organization_id
left join order_stores as stores
  on ranked.organization_id = stores.organization_id and ranked.order_id = stores.order_id
