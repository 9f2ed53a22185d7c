-- Lifetime value and win rate as they were on each day they changed.
--
-- A row is written only when its figures differ from the newest one before it: a nightly run in which
-- nothing happened writes nothing, and the history stays as long as the changes, not as the nights.
-- What was true on a day is the newest row not after it.

create table sync.client_ltv (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  client_id uuid not null,
  as_of date not null,
  ltv numeric not null,
  order_count bigint not null,
  primary key (organization_id, client_id, as_of),
  foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade
);

comment on table sync.client_ltv is
'One row per client and day on which the lifetime value was found changed.';
comment on column sync.client_ltv.as_of is 'UTC day of the measurement.';
comment on column sync.client_ltv.ltv is
'Sum of net_revenue of the client''s orders, in the reporting currency; 0 without orders.';
comment on column sync.client_ltv.order_count is
'Orders that were neither cancelled nor refunded.';

create view sync.client_ltv_current with (security_invoker = true) as
select distinct on (l.organization_id, l.client_id)
  l.organization_id,
  l.client_id,
  l.as_of,
  l.ltv,
  l.order_count
from sync.client_ltv as l
order by l.organization_id asc, l.client_id asc, l.as_of desc;

comment on view sync.client_ltv_current is
'One row per client: the newest of sync.client_ltv; as_of is when it last changed.';

-- Owners and sources are copied, not referenced: history outlives the people in it.
create table sync.win_rates (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  as_of date not null,
  dimension text not null,
  close_month date,
  owner_id uuid,
  source text,
  won_count bigint not null,
  lost_count bigint not null,
  won_value numeric not null,
  lost_value numeric not null,
  -- NULL when nothing closed: no deals is not the same as all lost.
  win_rate numeric generated always as (
    round(100.0 * won_count / nullif(won_count + lost_count, 0), 2)
  ) stored,
  win_rate_by_value numeric generated always as (
    round(100.0 * won_value / nullif(won_value + lost_value, 0), 2)
  ) stored,
  constraint win_rates_key
  unique nulls not distinct (organization_id, dimension, close_month, owner_id, source, as_of),
  constraint win_rates_dimension_check
  check (dimension in ('overall', 'close_month', 'owner', 'source')),
  -- Only the column of its own dimension is filled; a NULL owner or source is a group of its own.
  constraint win_rates_group_check check (
    (close_month is not null) = (dimension = 'close_month')
    and (owner_id is null or dimension = 'owner')
    and (source is null or dimension = 'source')
  )
);

comment on table sync.win_rates is
'One row per organization, group of closed deals and day on which its figures were found changed.';
comment on column sync.win_rates.as_of is 'UTC day of the measurement.';
comment on column sync.win_rates.dimension is
'What the group is: the whole organization, a UTC month of closing, a deal owner, or the source of
the client. Deals of a group that no longer closes any are zero rows, not missing ones.';
comment on column sync.win_rates.win_rate is
'Percent of closed deals that were won, by number, two decimals; NULL when nothing closed.';
comment on column sync.win_rates.win_rate_by_value is
'Percent of the value of closed deals that was won; NULL when that value is 0.';

create view sync.win_rates_current with (security_invoker = true) as
select distinct on (w.organization_id, w.dimension, w.close_month, w.owner_id, w.source)
  w.organization_id,
  w.as_of,
  w.dimension,
  w.close_month,
  w.owner_id,
  w.source,
  w.won_count,
  w.lost_count,
  w.won_value,
  w.lost_value,
  w.win_rate,
  w.win_rate_by_value
from sync.win_rates as w
order by
  w.organization_id asc,
  w.dimension asc,
  w.close_month asc,
  w.owner_id asc,
  w.source asc,
  w.as_of desc;

comment on view sync.win_rates_current is
'One row per organization and group: the newest of sync.win_rates.';

alter table sync.client_ltv enable row level security;
alter table sync.win_rates enable row level security;
revoke all on sync.client_ltv, sync.client_ltv_current, sync.win_rates, sync.win_rates_current
from public, anon, authenticated, service_role;
