-- Exchange rates that are no longer quoted, that people state for a period, and orders that follow
-- when an organization reports in another currency.

-- The ECB's rates have none: a quotation holds until the next one. Somebody who keeps books by fixed
-- monthly rates states a period, and inside it that rate comes before every quotation.
alter table sync.exchange_rates
add column valid_until date,
add constraint exchange_rates_valid_until_check check (valid_until >= rate_date);

-- Few rows, asked for at every look-up.
create index idx_exchange_rates_periods
on sync.exchange_rates (base_currency, quote_currency, rate_date) where valid_until is not null;

comment on table sync.exchange_rates is
'One row per pair and first day: one unit of base_currency is worth rate of quote_currency.';
comment on column sync.exchange_rates.rate_date is
'The day of the quotation, or the first day of a stated period (UTC).';
comment on column sync.exchange_rates.valid_until is
'Last day of a stated period, inclusive. NULL: a quotation, which holds until the next one.';
comment on column sync.exchange_rates.source is
'ECB: written by loading the ECB''s files. Anything else, NULL too, is people''s and left alone.';

-- The rate as stated for this pair, in this direction. A period somebody stated comes first, then
-- the latest quotation on or before the day. The ECB quotes every working day, and the longest pause
-- is five days at Easter: after ten it has stopped (the kuna, the rouble), and carrying the last
-- rate on would be inventing figures. Other sources quote as seldom as they like. Added to the rate's
-- day, not subtracted from the asked one: an order's may be infinity, and one such order would stop
-- the rating of everybody's.
create function sync.quoted_rate(p_base text, p_quote text, p_on date) returns numeric
language sql stable set search_path = ''
as $$
  select coalesce(
    (
      select r.rate
      from sync.exchange_rates as r
      where
        r.base_currency = p_base
        and r.quote_currency = p_quote
        and r.rate_date <= p_on
        and r.valid_until >= p_on
      order by r.rate_date desc
      limit 1
    ),
    (
      select case when r.source = 'ECB' and p_on > r.rate_date + 10 then null else r.rate end
      from sync.exchange_rates as r
      where
        r.base_currency = p_base
        and r.quote_currency = p_quote
        and r.rate_date <= p_on
        and r.valid_until is null
      order by r.rate_date desc
      limit 1
    )
  )
$$;

-- As before: as stated, else the other way round, else by way of the euro, which is the base of the
-- ECB's reference rates. NULL when none is known: never a guess, never 1. A rate too small for eight
-- decimals is no rate either; as zero it would be refused with the whole batch it came in.
create or replace function sync.exchange_rate(p_base text, p_quote text, p_on date) returns numeric
language sql stable set search_path = ''
as $$
  select case
    when p_base = p_quote then 1
    else coalesce(
      sync.quoted_rate(p_base, p_quote, p_on),
      nullif(round(1 / sync.quoted_rate(p_quote, p_base, p_on), 8), 0),
      nullif(
        round(
          sync.quoted_rate('EUR', p_quote, p_on) / sync.quoted_rate('EUR', p_base, p_on), 8
        ),
        0
      )
    )
  end
$$;

-- Another reporting currency makes every rate of the organization's orders a wrong one, so they
-- change in the same transaction: nobody ever reads dollars as euros. What has no rate in the new
-- currency becomes NULL, is in no sum and is named by the checks. Clients' totals follow by their
-- own trigger. Signed as Storeloom's, so that it is not taken for edits of people.
create function private.rate_orders_again() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_writer constant text := coalesce(current_setting('storeloom.writer', true), '');
begin
  perform set_config('storeloom.writer', 'reporting currency', true);

  update public.crm_orders as r
  set exchange_rate = q.rate
  from (
    select
      d.currency,
      d.rate_date,
      sync.exchange_rate(d.currency, new.reporting_currency, d.rate_date) as rate
    from (
      select distinct s.currency, (s.order_date at time zone 'UTC')::date as rate_date
      from public.crm_orders as s
      where s.organization_id = new.id
    ) as d
  ) as q
  where
    r.organization_id = new.id
    and r.currency = q.currency
    and (r.order_date at time zone 'UTC')::date = q.rate_date
    and r.exchange_rate is distinct from q.rate;

  perform set_config('storeloom.writer', v_writer, true);
  return null;
end
$$;

create trigger trigger_rate_orders_again
after update of reporting_currency on public.organizations
for each row
when (old.reporting_currency is distinct from new.reporting_currency)
execute function private.rate_orders_again();

revoke all on function sync.quoted_rate(text, text, date)
from public, anon, authenticated, service_role;
revoke all on function private.rate_orders_again()
from public, anon, authenticated, service_role;
