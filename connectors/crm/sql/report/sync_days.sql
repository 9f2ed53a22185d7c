-- For each store and day since the store's first known day: does the CRM hold what the store has?
-- A day that was never compared has no row in the mart: it is unknown, not equal.
with compared as (
  select
    r.store_key,
    r.day,
    bool_and(r.is_complete) as is_complete,
    bool_or(r.state = 'differs') as differs,
    max(r.checked_at) as checked_at
  from marts.fct_sync_reconciliation as r
  where
    r.organization_id = %(organization_id)s
    and r.stream = 'orders'
    and r.day is not null
  group by r.store_key, r.day
),

known as (
  select
    d.store_key,
    min(d.period_day) as first_day
  from marts.fct_daily_shop as d
  where
    d.organization_id = %(organization_id)s
    and d.store_key is not null
    and d.period_day <= %(last_day)s
  group by d.store_key
  union all
  select
    c.store_key,
    min(c.day) as first_day
  from compared as c
  group by c.store_key
),

stores as (
  select
    k.store_key,
    min(k.first_day) as first_day
  from known as k
  group by k.store_key
),

calendar as (
  select
    s.store_key,
    g.day::date as day
  from stores as s
  cross join lateral generate_series(
    greatest(s.first_day, %(first_day)s::date)::timestamp,
    %(last_day)s::date::timestamp,
    interval '1 day'
  ) as g (day)
)

select
  d.store_key,
  d.day,
  case
    when c.day is null then 'unchecked'
    when c.is_complete then 'complete'
    when c.differs then 'differs'
    else 'open'
  end as state,
  c.checked_at
from calendar as d
left join compared as c on d.store_key = c.store_key and d.day = c.day
order by d.store_key, d.day
