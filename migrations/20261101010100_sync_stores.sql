-- The stores an organization has connected, their credentials, and exchange rates.
--
-- Schema sync is ours alone: it is not exposed to the API, nothing in it is granted to the API roles,
-- and row security is on without a policy, so that a grant made by mistake still shows nothing.

create table sync.stores (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  -- What people type: storeloom sync eu-shop.
  key text not null,
  platform text not null,
  base_url text not null,
  currency text,
  time_zone text,
  -- Put before the platform's ids. Two shops both have a customer 1, so only an organization's first
  -- store goes without.
  id_prefix text not null default '',
  order_number_prefix text not null default '',
  settings jsonb not null default '{}',
  status text not null default 'active',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint stores_key_key unique (key),
  constraint stores_organization_id_id_key unique (organization_id, id),
  constraint stores_organization_id_id_prefix_key unique (organization_id, id_prefix),
  constraint stores_key_check check (key ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  constraint stores_platform_check check (platform <> ''),
  constraint stores_base_url_check check (base_url ~ '^https?://'),
  constraint stores_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint stores_settings_check check (jsonb_typeof(settings) = 'object'),
  constraint stores_status_check check (status in ('active', 'paused', 'removed'))
);

-- Encrypted in Python with a key this database never sees; what is no envelope is refused, so that
-- plain text cannot end up here by a slip.
create table sync.store_credentials (
  store_id uuid primary key,
  organization_id uuid not null,
  envelope jsonb not null,
  updated_at timestamptz not null default now(),
  constraint store_credentials_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade,
  constraint store_credentials_envelope_check
  check (envelope ?& array['v', 'alg', 'kid', 'nonce', 'ct'])
);

create index idx_store_credentials_organization_store
on sync.store_credentials (organization_id, store_id);

-- One unit of base_currency is worth `rate` units of quote_currency on rate_date. The same for every
-- organization, so it has none.
create table sync.exchange_rates (
  base_currency text not null,
  quote_currency text not null,
  rate_date date not null,
  rate numeric(18, 8) not null,
  source text,
  loaded_at timestamptz not null default now(),
  primary key (base_currency, quote_currency, rate_date),
  constraint exchange_rates_base_currency_check check (base_currency ~ '^[A-Z]{3}$'),
  constraint exchange_rates_quote_currency_check check (quote_currency ~ '^[A-Z]{3}$'),
  constraint exchange_rates_pair_check check (base_currency <> quote_currency),
  constraint exchange_rates_rate_check check (rate > 0)
);

-- The latest rate on or before a day: as stated, else the other way round, else by way of the euro,
-- which is the base of the ECB's reference rates. NULL when none is known: never a guess, never 1.
create function sync.exchange_rate(p_base text, p_quote text, p_on date) returns numeric
language sql stable set search_path = ''
as $$
  select case
    when p_base = p_quote then 1
    else coalesce(
      (
        select r.rate
        from sync.exchange_rates as r
        where r.base_currency = p_base and r.quote_currency = p_quote and r.rate_date <= p_on
        order by r.rate_date desc
        limit 1
      ),
      (
        select round(1 / r.rate, 8)
        from sync.exchange_rates as r
        where r.base_currency = p_quote and r.quote_currency = p_base and r.rate_date <= p_on
        order by r.rate_date desc
        limit 1
      ),
      (
        select round(q.rate / b.rate, 8)
        from (
          select r.rate
          from sync.exchange_rates as r
          where r.base_currency = 'EUR' and r.quote_currency = p_quote and r.rate_date <= p_on
          order by r.rate_date desc
          limit 1
        ) as q
        cross join (
          select r.rate
          from sync.exchange_rates as r
          where r.base_currency = 'EUR' and r.quote_currency = p_base and r.rate_date <= p_on
          order by r.rate_date desc
          limit 1
        ) as b
      )
    )
  end
$$;

alter table sync.stores enable row level security;
alter table sync.store_credentials enable row level security;
alter table sync.exchange_rates enable row level security;

revoke all on sync.stores, sync.store_credentials, sync.exchange_rates
from public, anon, authenticated, service_role;
revoke all on function sync.exchange_rate(text, text, date)
from public, anon, authenticated, service_role;
