{{ config(unique_key=['organization_id', 'cohort_month', 'months_since']) }}

with revenue_orders as (
  select
    organization_id,
    client_id,
    order_rank,
    net_reporting,
    date_trunc('month', order_day::timestamp)::date as order_month,
    -- Sorted once for both: rank 1 is the client's first row.
    min(date_trunc('month', order_day::timestamp)::date) over (
      partition by organization_id, client_id
    ) as cohort_month
  from {{ ref('fct_orders') }}
  where not is_lost
),

cohorts as (
  select
    organization_id,
    cohort_month,
    count(*) as cohort_size
  from revenue_orders
  where order_rank = 1
  group by organization_id, cohort_month
),

monthly as (
  select
    organization_id,
    cohort_month,
    order_month,
    count(distinct client_id) as active_clients,
    count(*) as orders,
    coalesce(sum(net_reporting), 0) as net_revenue,
    count(*) filter (where net_reporting is null) as unrated_orders,
    -- Each client becomes one that came back once, with his second order.
    count(*) filter (where order_rank = 2) as new_repeat_clients
  from revenue_orders
  group by organization_id, cohort_month, order_month
),

last_months as (
  select
    organization_id,
    date_trunc('month', max(order_day)::timestamp)::date as last_month
  from {{ ref('fct_orders') }}
  group by organization_id
),

calendar as (
  select
    cohorts.organization_id,
    cohorts.cohort_month,
    cohorts.cohort_size,
    months.since as months_since,
    (cohorts.cohort_month + make_interval(months => months.since))::date as order_month
  from cohorts
  inner join last_months on cohorts.organization_id = last_months.organization_id
  -- In the months' own numbers: age() reads dates in the session's time zone, and in some a first of
  -- the month begins an hour late.
  cross join lateral generate_series(
    0,
    (
      (extract(year from last_months.last_month) - extract(year from cohorts.cohort_month)) * 12
      + extract(month from last_months.last_month) - extract(month from cohorts.cohort_month)
    )::integer
  ) as months (since)
),

running as (
  select
    calendar.organization_id,
    calendar.cohort_month,
    calendar.months_since,
    calendar.order_month,
    calendar.cohort_size,
    coalesce(monthly.active_clients, 0) as active_clients,
    coalesce(monthly.orders, 0) as orders,
    coalesce(monthly.net_revenue, 0) as net_revenue,
    coalesce(monthly.unrated_orders, 0) as unrated_orders,
    sum(coalesce(monthly.net_revenue, 0)) over until_then as cumulative_net_revenue,
    (sum(coalesce(monthly.new_repeat_clients, 0)) over until_then)::bigint as repeat_clients
  from calendar
  left join monthly
    on
      calendar.organization_id = monthly.organization_id
      and calendar.cohort_month = monthly.cohort_month
      and calendar.order_month = monthly.order_month
  window until_then as (
    partition by calendar.organization_id, calendar.cohort_month order by calendar.months_since
  )
)

select
  running.organization_id,
  running.cohort_month,
  running.months_since,
  running.order_month,
  running.cohort_size,
  running.active_clients,
  running.active_clients::numeric / running.cohort_size as retention_rate,
  running.orders,
  running.net_revenue,
  running.cumulative_net_revenue,
  running.cumulative_net_revenue / running.cohort_size as cumulative_net_revenue_per_client,
  running.repeat_clients,
  running.repeat_clients::numeric / running.cohort_size as repeat_rate,
  organizations.reporting_currency,
  running.unrated_orders
from running
inner join {{ ref('stg_crm__organizations') }} as organizations
  on running.organization_id = organizations.organization_id
