-- A rate somebody states. Expects base, quote, first_day, last_day (NULL: until the next), rate,
-- source. Returns a row when something was written. Rates belong to no organization.
insert into sync.exchange_rates as r (
  base_currency, quote_currency, rate_date, valid_until, rate, source
)
values (%(base)s, %(quote)s, %(first_day)s, %(last_day)s, %(rate)s, %(source)s)
on conflict (base_currency, quote_currency, rate_date) do update set
  rate = excluded.rate,
  valid_until = excluded.valid_until,
  source = excluded.source,
  loaded_at = now()
where
  (r.rate, r.valid_until, r.source)
  is distinct from (excluded.rate, excluded.valid_until, excluded.source)
returning 1
