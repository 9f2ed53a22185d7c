-- Orders that waited for an exchange rate which is known by now. Expects organization_id.
-- A partial index finds them, so that asking after every sync costs nothing.
--
-- One that had a rate has lost it past every trigger: left for the reconciliation, which names it.
with waiting as materialized (
  select
    w.id,
    w.currency,
    (w.order_date at time zone 'UTC')::date as rate_date
  from public.crm_orders as w
  where
    w.organization_id = %(organization_id)s
    and w.exchange_rate is null
    and not exists (
      select
      from sync.record_map as m
      where
        m.organization_id = w.organization_id
        and m.entity = 'orders'
        and m.crm_id = w.id
        and m.written_rate is not null
    )
),

-- Once per currency and day, not per order: a currency without rates is asked about at every sync.
rates as materialized (
  select
    d.currency,
    d.rate_date,
    sync.exchange_rate(d.currency, o.reporting_currency, d.rate_date) as rate
  from (select distinct w.currency, w.rate_date from waiting as w) as d
  cross join public.organizations as o
  where o.id = %(organization_id)s
),

filled as (
  update public.crm_orders as r
  set exchange_rate = q.rate
  from waiting as w
  inner join rates as q on w.currency = q.currency and w.rate_date = q.rate_date
  where
    r.organization_id = %(organization_id)s
    and r.id = w.id
    and q.rate is not null
    -- As it is when its turn comes: somebody may have changed its currency while we waited for him.
    and r.exchange_rate is null
    and r.currency = w.currency
    and (r.order_date at time zone 'UTC')::date = w.rate_date
  returning
    r.id,
    r.exchange_rate
)

update sync.record_map as m
set written_rate = f.exchange_rate
from filled as f
where
  m.organization_id = %(organization_id)s
  and m.entity = 'orders'
  and m.crm_id = f.id
