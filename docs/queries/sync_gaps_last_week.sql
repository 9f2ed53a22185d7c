-- Days of the last full week (Monday to Sunday, UTC) whose orders are not certainly complete: they
-- differ from the store, are unknown, or were never compared; or equal, with records that wait or a
-- day that was not read to its end. No row means: no gap. net_reporting is what we have of that day.
with last_week as (
  select
    stores.organization_id,
    stores.store_id,
    stores.store_key,
    days.day::date as day
  from (
    select
      organization_id,
      store_id,
      store_key
    from marts.fct_sync_reconciliation
    union
    select
      organization_id,
      store_id,
      store_key
    from marts.fct_daily_shop
    where store_id is not null
  ) as stores
  cross join
    generate_series(
      date_trunc('week', now() at time zone 'UTC') - interval '7 days',
      date_trunc('week', now() at time zone 'UTC') - interval '1 day',
      interval '1 day'
    ) as days (day)
),

sold as (
  select
    organization_id,
    store_id,
    period_day,
    sum(net_reporting) as net_reporting
  from marts.fct_daily_shop
  group by organization_id, store_id, period_day
)

select
  last_week.organization_id,
  last_week.store_key,
  last_week.day,
  compared.currency,
  coalesce(compared.state, 'never compared') as state,
  compared.store_rows - compared.crm_rows as missing_orders,
  compared.store_total - compared.crm_total as missing_amount,
  compared.store_refunded - compared.crm_refunded as missing_refunds,
  compared.waiting_records,
  compared.checked_at,
  sold.net_reporting
from last_week
left join marts.fct_sync_reconciliation as compared
  on
    last_week.organization_id = compared.organization_id
    and last_week.store_id = compared.store_id
    and last_week.day = compared.day
    and compared.stream = 'orders'
left join sold
  on
    last_week.organization_id = sold.organization_id
    and last_week.store_id = sold.store_id
    and last_week.day = sold.period_day
where compared.is_complete is not true
order by last_week.organization_id, last_week.store_key, last_week.day, compared.currency
