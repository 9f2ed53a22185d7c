-- Measures every client's historic lifetime value and keeps what changed since it was last written.
-- Expects %(as_of)s, the UTC day of the measurement.
-- Returns one row: organizations and clients measured, rows written.
with order_sums as (
  select
    o.organization_id,
    o.client_id,
    -- The expression of calculate_client_ltv: net_revenue is 0 for a lost order.
    coalesce(sum(o.net_revenue), 0) as ltv,
    count(*) filter (where o.status not in ('cancelled', 'refunded')) as order_count
  from public.crm_orders as o
  group by o.organization_id, o.client_id
),

measured as (
  select
    c.organization_id,
    c.id as client_id,
    coalesce(s.ltv, 0) as ltv,
    coalesce(s.order_count, 0) as order_count
  from public.crm_clients as c
  left join order_sums as s
    on
      c.organization_id = s.organization_id
      and c.id = s.client_id
),

latest as (
  select distinct on (l.organization_id, l.client_id)
    l.organization_id,
    l.client_id,
    l.ltv,
    l.order_count
  from sync.client_ltv as l
  where l.as_of <= %(as_of)s
  order by l.organization_id asc, l.client_id asc, l.as_of desc
),

changed as (
  select
    m.organization_id,
    m.client_id,
    m.ltv,
    m.order_count
  from measured as m
  left join latest as l
    on
      m.organization_id = l.organization_id
      and m.client_id = l.client_id
  where
    l.client_id is null
    or m.ltv <> l.ltv
    or m.order_count <> l.order_count
),

written as (
  insert into sync.client_ltv as kept (organization_id, client_id, as_of, ltv, order_count)
  select
    c.organization_id,
    c.client_id,
    %(as_of)s,
    c.ltv,
    c.order_count
  from changed as c
  on conflict (organization_id, client_id, as_of) do update
    set ltv = excluded.ltv, order_count = excluded.order_count
  returning kept.organization_id
)

select
  (select count(distinct m.organization_id) from measured as m) as organizations,
  (select count(*) from measured) as measured,
  (select count(*) from written) as written
