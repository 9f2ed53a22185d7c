-- What each client's purchases come to: how many, since when, how long ago, of what value.
-- Expects %(organization_id)s, %(as_of)s (the UTC day up to whose end purchases count) and %(cut)s
-- (the same for the second set of columns, which is NULL where the client was not known by then).
-- Returns one row per client who has bought, in the order of client_id; amounts are in the
-- organization's reporting currency, as binary floating point, for nothing but estimates come of them.
with walk_ins as (
  -- One client of a store stands for everybody without a name. As a person he would buy every day
  -- for years and teach the models what no person does.
  select m.crm_id
  from sync.record_map_clients as m
  where
    m.organization_id = %(organization_id)s
    and m.entity = 'guests'
    and m.external_id = 'walk-in'
),

purchases as (
  -- Two orders of one day are one purchase, as in the literature: the models know no time of day,
  -- and a basket split in two is no loyalty.
  select
    o.organization_id,
    o.client_id,
    (o.order_date at time zone 'UTC')::date as purchase_day,
    sum(o.net_revenue) as amount,
    count(*) filter (where o.net_revenue is null) as unrated_orders
  from public.crm_orders as o
  where
    o.organization_id = %(organization_id)s
    and o.status not in ('cancelled', 'refunded')
    and o.order_date < ((%(as_of)s::date + 1)::timestamp at time zone 'UTC')
    and o.client_id not in (select w.crm_id from walk_ins as w)
  group by o.organization_id, o.client_id, purchase_day
),

numbered as (
  select
    p.client_id,
    p.purchase_day,
    p.amount,
    p.unrated_orders,
    min(p.purchase_day) over (partition by p.organization_id, p.client_id) as first_day
  from purchases as p
)

select
  n.client_id::text,
  count(*) - 1 as frequency,
  max(n.purchase_day) - n.first_day as recency_days,
  %(as_of)s::date - n.first_day as age_days,
  -- A day with an order of unknown rate is a purchase, but not one of known value.
  count(*) filter (where n.purchase_day > n.first_day and n.unrated_orders = 0) as value_count,
  avg(n.amount) filter (
    where n.purchase_day > n.first_day and n.unrated_orders = 0
  )::double precision as mean_value,
  sum(n.unrated_orders)::bigint as unrated_orders,
  count(*) filter (where n.purchase_day <= %(cut)s::date) - 1 as frequency_before,
  max(n.purchase_day) filter (where n.purchase_day <= %(cut)s::date) - n.first_day
    as recency_days_before,
  %(cut)s::date - n.first_day as age_days_before
from numbered as n
group by n.client_id, n.first_day
order by n.client_id
