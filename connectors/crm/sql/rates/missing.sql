-- Expects nothing. One row per organization and currency with orders that have no rate: how many,
-- the days they span, and when either currency was last quoted (NULL: never; the euro needs none).
-- Days are those that a calendar has: people may type an order of the year 20226, or of infinity.
with missing as (
  select
    r.organization_id,
    r.currency,
    count(*) as orders,
    least(greatest((min(r.order_date) at time zone 'UTC')::date, '0001-01-01'), '9999-12-31')
      as first_day,
    least(greatest((max(r.order_date) at time zone 'UTC')::date, '0001-01-01'), '9999-12-31')
      as last_day
  from public.crm_orders as r
  where r.exchange_rate is null
  group by r.organization_id, r.currency
),

pairs as (
  select
    m.*,
    o.name,
    o.reporting_currency
  from missing as m
  inner join public.organizations as o on m.organization_id = o.id
),

quoted as (
  select
    c.currency,
    c.until,
    (
      select max(r.rate_date)
      from sync.exchange_rates as r
      where c.currency in (r.base_currency, r.quote_currency) and r.rate_date <= c.until
    ) as last_quoted
  from (
    select
      p.currency,
      p.last_day as until
    from pairs as p
    union
    select
      p.reporting_currency,
      p.last_day
    from pairs as p
  ) as c
)

select
  p.organization_id::text as organization_id,
  p.name as organization,
  p.currency,
  p.reporting_currency,
  p.orders,
  p.first_day,
  p.last_day,
  a.last_quoted as currency_last_quoted,
  b.last_quoted as reporting_last_quoted
from pairs as p
inner join quoted as a on p.currency = a.currency and p.last_day = a.until
inner join quoted as b on p.reporting_currency = b.currency and p.last_day = b.until
order by p.name, p.organization_id, p.currency
