{{ config(unique_key=['organization_id', 'store_id', 'currency', 'period_day']) }}

with daily as (
  select
    organization_id,
    store_id,
    currency,
    order_day,
    count(*) as orders,
    count(*) filter (where not is_lost) as revenue_orders,
    count(*) filter (where is_lost) as lost_orders,
    count(*) filter (where status = 'cancelled') as cancelled_orders,
    count(*) filter (where status = 'refunded' or refunded_amount > 0) as refunded_orders,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(tax_amount) as tax_amount,
    sum(shipping_amount) as shipping_amount,
    coalesce(sum(refunded_amount) filter (where not is_lost), 0) as returns_amount,
    sum(lost_amount) as lost_amount,
    sum(net_amount) as net_amount,
    coalesce(sum(net_reporting), 0) as net_reporting,
    count(*) filter (where net_reporting is null) as unrated_orders,
    count(*) filter (where is_first_order) as new_customers,
    -- Who had his first order here today is new, however many more he had.
    count(distinct client_id) filter (where not is_lost) - count(*) filter (where is_first_order)
      as returning_customers
  from {{ ref('fct_orders') }}
  group by organization_id, store_id, currency, order_day
),

last_orders as (
  select
    organization_id,
    max(order_day) as last_order_day
  from daily
  group by organization_id
),

read_until as (
  select
    organization_id,
    store_id,
    -- The day the reading stands in is not over yet.
    (synced_until at time zone 'UTC')::date - 1 as last_full_day
  from {{ ref('stg_sync__cursors') }}
  where stream = 'orders'
),

spans as (
  select
    daily.organization_id,
    daily.store_id,
    daily.currency,
    min(daily.order_day) as first_day,
    -- A day without orders is a zero as far as the store is known to have been read.
    greatest(max(last_orders.last_order_day), max(read_until.last_full_day)) as last_day
  from daily
  inner join last_orders on daily.organization_id = last_orders.organization_id
  left join read_until
    on daily.organization_id = read_until.organization_id and daily.store_id = read_until.store_id
  group by daily.organization_id, daily.store_id, daily.currency
),

calendar as (
  select
    spans.organization_id,
    spans.store_id,
    spans.currency,
    spans.first_day + days.later as period_day
  from spans
  cross join lateral generate_series(0, spans.last_day - spans.first_day) as days (later)
)

select
  calendar.organization_id,
  calendar.store_id,
  stores.store_key,
  stores.platform,
  calendar.currency,
  calendar.period_day,
  date_trunc('week', calendar.period_day::timestamp)::date as period_week,
  date_trunc('month', calendar.period_day::timestamp)::date as period_month,
  coalesce(daily.orders, 0) as orders,
  coalesce(daily.revenue_orders, 0) as revenue_orders,
  coalesce(daily.lost_orders, 0) as lost_orders,
  coalesce(daily.cancelled_orders, 0) as cancelled_orders,
  coalesce(daily.refunded_orders, 0) as refunded_orders,
  coalesce(daily.gross_amount, 0) as gross_amount,
  coalesce(daily.discount_amount, 0) as discount_amount,
  coalesce(daily.tax_amount, 0) as tax_amount,
  coalesce(daily.shipping_amount, 0) as shipping_amount,
  coalesce(daily.returns_amount, 0) as returns_amount,
  coalesce(daily.lost_amount, 0) as lost_amount,
  coalesce(daily.net_amount, 0) as net_amount,
  coalesce(daily.net_reporting, 0) as net_reporting,
  organizations.reporting_currency,
  coalesce(daily.unrated_orders, 0) as unrated_orders,
  coalesce(daily.new_customers, 0) as new_customers,
  coalesce(daily.returning_customers, 0) as returning_customers,
  daily.net_amount / nullif(daily.revenue_orders, 0) as avg_order_value_amount,
  daily.refunded_orders::numeric / nullif(daily.orders, 0) as refund_rate,
  daily.cancelled_orders::numeric / nullif(daily.orders, 0) as cancel_rate
from calendar
inner join {{ ref('stg_crm__organizations') }} as organizations
  on calendar.organization_id = organizations.organization_id
left join {{ ref('stg_sync__stores') }} as stores
  on
    calendar.organization_id = stores.organization_id
    and calendar.store_id = stores.store_id
left join daily
  on
    calendar.organization_id = daily.organization_id
    and calendar.currency = daily.currency
    and calendar.period_day = daily.order_day
    -- Orders that people typed have no store, and their own rows. Equality alone would lose them,
    -- "is not distinct from" cannot be hashed.
    and coalesce(calendar.store_id::text, '') = coalesce(daily.store_id::text, '')
