-- Gives the next orders of an organization the rate that is known by now; what has it is not written.
-- Expects organization_id, after (the last id of the portion before), size and run_id. Returns how many
-- were written and the last id looked at, NULL at the end.
--
-- A rate people put on an order of their own stays where we know none: no store would bring it back.
-- One that a store's order got past every trigger is entered among the edits.
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
    l.currency,
    l.rate_date,
    l.exchange_rate,
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
  where
    r.organization_id = %(organization_id)s
    and r.id = w.id
    -- As it is when its turn comes: a load may have changed it while we waited. The next night then.
    and r.exchange_rate is not distinct from w.exchange_rate
    and r.currency = w.currency
    and (r.order_date at time zone 'UTC')::date = w.rate_date
  returning
    r.id,
    w.exchange_rate as found_rate,
    r.exchange_rate as rate
),

noted as (
  insert into sync.field_edits (
    organization_id, table_name, row_id, column_name, earlier_value, new_value, state, settled_at,
    run_id, store_id, stream, external_id
  )
  select
    %(organization_id)s,
    'crm_orders',
    w.id,
    'exchange_rate',
    to_jsonb(m.written_rate),
    to_jsonb(w.found_rate),
    'overwritten',
    now(),
    %(run_id)s,
    m.store_id,
    'orders',
    m.external_id
  from written as w
  inner join sync.record_map as m
    on m.organization_id = %(organization_id)s and m.entity = 'orders' and w.id = m.crm_id
  where
    m.written_rate is distinct from w.found_rate
    -- What a trigger saw is among the edits already.
    and not exists (
      select
      from sync.field_edits as e
      where
        e.organization_id = %(organization_id)s
        and e.row_id = w.id
        and e.column_name = 'exchange_rate'
        and e.settled_at is null
    )
),

remembered as (
  update sync.record_map as m
  set written_rate = w.rate
  from written as w
  where
    m.organization_id = %(organization_id)s
    and m.entity = 'orders'
    and m.crm_id = w.id
)

select
  (select count(*) from written) as written,
  (
    select l.id
    from looked_at as l
    order by l.id desc
    limit 1
  ) as last_id
