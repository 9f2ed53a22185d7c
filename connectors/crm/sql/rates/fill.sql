-- Gives the next orders of an organization the rate that is known by now; what has it is not written.
-- Expects organization_id, after (the last id of the portion before) and size. Returns how many were
-- written and the last id looked at, NULL at the end.
--
-- A rate people put on an order of their own stays where we know none: no store would bring it back.
with looked_at as (
  select
    r.id,
    r.currency,
    o.reporting_currency,
    (r.order_date at time zone 'UTC')::date as rate_date,
    r.exchange_rate
  from public.crm_orders as r
  inner join public.organizations as o on r.organization_id = o.id
  where
    r.organization_id = %(organization_id)s
    and r.id > %(after)s
    and (r.currency <> o.reporting_currency or r.exchange_rate is distinct from 1)
  order by r.id
  limit %(size)s
),

rates as materialized (
  select
    d.currency,
    d.reporting_currency,
    d.rate_date,
    sync.exchange_rate(d.currency, d.reporting_currency, d.rate_date) as rate
  from (select distinct l.currency, l.reporting_currency, l.rate_date from looked_at as l) as d
),

wrong as (
  select
    l.id,
    q.rate
  from looked_at as l
  inner join rates as q
    on
      l.currency = q.currency
      and l.reporting_currency = q.reporting_currency
      and l.rate_date = q.rate_date
  where
    l.exchange_rate is distinct from q.rate
    and (
      q.rate is not null
      or exists (
        select
        from sync.record_map as m
        where
          m.organization_id = %(organization_id)s
          and m.entity = 'orders'
          and m.crm_id = l.id
      )
    )
),

written as (
  update public.crm_orders as r
  set exchange_rate = w.rate
  from wrong as w
  where r.organization_id = %(organization_id)s and r.id = w.id
  returning 1
)

select
  (select count(*) from written) as written,
  (
    select l.id
    from looked_at as l
    order by l.id desc
    limit 1
  ) as last_id
