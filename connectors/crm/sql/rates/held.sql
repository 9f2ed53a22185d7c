-- Expects nothing. What is held of the ECB's rates: first and last day, and how many rows; NULL days
-- when there are none. Rates belong to no organization.
select
  min(r.rate_date) as first_day,
  max(r.rate_date) as last_day,
  count(*) as held
from sync.exchange_rates as r
where r.source = 'ECB'
