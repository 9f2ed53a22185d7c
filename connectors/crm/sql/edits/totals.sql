-- Totals that somebody typed over: what the client's orders come to again.
--
-- Expects organization_id, store_id, run_id, columns (the totals), and the clients locked by
-- lock_totals.sql. Of the store's clients only.
-- A client known as a guest only is named by no record: its key may hold an e-mail address.
with edited as (
  select distinct e.row_id as client_id
  from sync.field_edits as e
  where
    e.organization_id = %(organization_id)s
    and e.table_name = 'crm_clients'
    and e.settled_at is null
    and e.column_name = any(%(columns)s::text [])
    and exists (
      select
      from sync.record_map as m
      where
        m.organization_id = e.organization_id
        and m.crm_id = e.row_id
        and m.store_id = %(store_id)s
    )
),

summed as (
  select
    d.client_id,
    count(r.id)::integer as total_orders,
    coalesce(sum(r.net_revenue), 0)::numeric(12, 2) as total_revenue,
    coalesce(round(sum(r.net_revenue) / nullif(count(r.id), 0), 2), 0)::numeric(12, 2)
      as average_order_value
  from edited as d
  left join public.crm_orders as r
    on
      r.organization_id = %(organization_id)s
      and d.client_id = r.client_id
      and r.status not in ('cancelled', 'refunded')
  group by d.client_id
),

mended as (
  update public.crm_clients as c
  set
    total_orders = s.total_orders,
    total_revenue = s.total_revenue,
    average_order_value = s.average_order_value
  from summed as s
  where
    c.organization_id = %(organization_id)s
    and c.id = s.client_id
    and (c.total_orders, c.total_revenue, c.average_order_value)
    is distinct from (s.total_orders, s.total_revenue, s.average_order_value)
  returning c.id
)

update sync.field_edits as e
set
  state = case when e.row_id in (select w.id from mended as w) then 'overwritten' else 'same' end,
  settled_at = now(),
  run_id = %(run_id)s,
  store_id = %(store_id)s,
  stream = 'customers',
  external_id = (
    select m.external_id
    from sync.record_map as m
    where
      m.organization_id = e.organization_id
      and m.crm_id = e.row_id
      and m.store_id = %(store_id)s
      and m.entity = 'customers'
    order by m.created_at, m.external_id
    limit 1
  )
where
  e.organization_id = %(organization_id)s
  and e.row_id in (select d.client_id from edited as d)
  and e.settled_at is null
  and e.column_name = any(%(columns)s::text [])
