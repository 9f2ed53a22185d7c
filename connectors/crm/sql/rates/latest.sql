-- Expects currency (NULL for all) and day. For each stated pair the rate that holds on the day, or
-- the last one known, with whether it still holds. Rates belong to no organization.
select distinct on (r.base_currency, r.quote_currency)
  r.base_currency,
  r.quote_currency,
  r.rate,
  greatest(r.rate_date, '0001-01-01') as rate_date,
  -- "infinity" is how SQL says for ever, and no date of a calendar.
  least(r.valid_until, '9999-12-31') as valid_until,
  r.source,
  sync.quoted_rate(r.base_currency, r.quote_currency, %(day)s::date) is not null as holds
from sync.exchange_rates as r
where
  r.rate_date <= %(day)s::date
  and coalesce(%(currency)s::text in (r.base_currency, r.quote_currency), true)
order by
  r.base_currency asc,
  r.quote_currency asc,
  coalesce(r.valid_until >= %(day)s::date, false) desc,
  (r.valid_until is null) desc,
  r.rate_date desc
