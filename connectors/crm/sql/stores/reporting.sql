-- Expects organization_id, currency. Returns what the organization reports in, and whether today's
-- rate from the currency is known.
select
  o.reporting_currency,
  sync.exchange_rate(%(currency)s, o.reporting_currency, (now() at time zone 'UTC')::date)
  is not null as has_rate
from public.organizations as o
where o.id = %(organization_id)s
