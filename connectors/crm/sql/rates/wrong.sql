-- Expects nothing. Organizations with orders whose rate is not the one known by now: one pass over
-- the orders, a look-up for each currency and day. A night without news ends here.
with by_day as (
  select
    r.organization_id,
    r.currency,
    o.reporting_currency,
    (r.order_date at time zone 'UTC')::date as rate_date,
    r.exchange_rate
  from public.crm_orders as r
  inner join public.organizations as o on r.organization_id = o.id
  where r.currency <> o.reporting_currency or r.exchange_rate is distinct from 1
  group by 1, 2, 3, 4, 5
),

rates as materialized (
  select
    d.currency,
    d.reporting_currency,
    d.rate_date,
    sync.exchange_rate(d.currency, d.reporting_currency, d.rate_date) as rate
  from (select distinct b.currency, b.reporting_currency, b.rate_date from by_day as b) as d
)

select distinct b.organization_id::text as organization_id
from by_day as b
inner join rates as q
  on
    b.currency = q.currency
    and b.reporting_currency = q.reporting_currency
    and b.rate_date = q.rate_date
where b.exchange_rate is distinct from q.rate
order by 1
