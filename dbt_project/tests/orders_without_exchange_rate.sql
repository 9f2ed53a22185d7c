{#
  A hit is a currency in which an organization sold and for which no rate to its reporting currency is
  known on those days. The orders are in the counts and in no sum, so revenue is too low until rates
  are known. Whoever runs Storeloom sees why in `storeloom rates fill`, and loads or states them.

  It comes after a view that nothing is built from: one organization's hit must not keep all others'
  marts at yesterday's.
#}
-- depends_on: {{ ref('analytics_revenue_metrics') }}
{% set missing %}
select
  organization_id,
  currency,
  count(*) as order_count,
  (min(order_date) at time zone 'UTC')::date as first_date,
  (max(order_date) at time zone 'UTC')::date as last_date,
  format(
    'Organization %s: %s order(s) in %s from %s to %s have no exchange rate to its reporting '
    || 'currency and are in no sum. storeloom rates fill says why and what to do.',
    organization_id,
    count(*),
    currency,
    (min(order_date) at time zone 'UTC')::date,
    (max(order_date) at time zone 'UTC')::date
  ) as sentence
from {{ ref('stg_crm__orders') }}
where exchange_rate is null
group by organization_id, currency
{% endset %}

{{ say_rows(missing, 'sentence') }}
