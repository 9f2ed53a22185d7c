-- Expects staged_rates and the lock. Staged -> new or different -> written; returns how many were
-- inserted, updated, and left alone because somebody else stated them for that day.
-- An untouched row is not even locked: the whole history is 220,000 of them. Rates belong to no
-- organization.
with inserted as (
  insert into sync.exchange_rates (base_currency, quote_currency, rate_date, rate, source)
  select
    'EUR',
    s.currency,
    s.rate_date,
    s.rate,
    'ECB'
  from pg_temp.staged_rates as s
  where
    not exists (
      select
      from sync.exchange_rates as r
      where
        r.base_currency = 'EUR'
        and r.quote_currency = s.currency
        and r.rate_date = s.rate_date
    )
  returning 1
),

updated as (
  update sync.exchange_rates as r
  set
    rate = s.rate,
    loaded_at = now()
  from pg_temp.staged_rates as s
  where
    r.base_currency = 'EUR'
    and r.quote_currency = s.currency
    and r.rate_date = s.rate_date
    and r.source = 'ECB'
    and r.rate <> s.rate
  returning 1
),

kept as (
  select 1
  from pg_temp.staged_rates as s
  inner join sync.exchange_rates as r
    on
      r.base_currency = 'EUR'
      and s.currency = r.quote_currency
      and s.rate_date = r.rate_date
  where r.source is distinct from 'ECB'
)

select
  (select count(*) from inserted) as inserted,
  (select count(*) from updated) as updated,
  (select count(*) from kept) as kept
