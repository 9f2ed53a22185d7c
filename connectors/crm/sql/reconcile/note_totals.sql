-- Enter totals that no trigger saw being changed among the edits, to be added up again by edits/totals.
-- Expects organization_id and client_ids: clients that are locked by now, so that what is still wrong is
-- nobody's order under way.
with summed as (
  select
    c.id,
    c.total_orders,
    c.total_revenue,
    c.average_order_value,
    count(r.id) as order_count,
    coalesce(sum(r.net_revenue), 0)::numeric(12, 2) as revenue,
    coalesce(round(sum(r.net_revenue) / nullif(count(r.id), 0), 2), 0)::numeric(12, 2) as average
  from public.crm_clients as c
  left join public.crm_orders as r
    on
      c.organization_id = r.organization_id
      and c.id = r.client_id
      and r.status not in ('cancelled', 'refunded')
  where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
  group by c.id
)

insert into sync.field_edits (
  organization_id, table_name, row_id, column_name, earlier_value, new_value
)
select
  %(organization_id)s,
  'crm_clients',
  s.id,
  v.column_name,
  v.own_value,
  v.found_value
from summed as s
cross join lateral (
  values
  ('total_orders', to_jsonb(s.order_count), to_jsonb(s.total_orders)),
  ('total_revenue', to_jsonb(s.revenue), to_jsonb(s.total_revenue)),
  ('average_order_value', to_jsonb(s.average), to_jsonb(s.average_order_value))
) as v (column_name, own_value, found_value)
where v.own_value is distinct from v.found_value
order by s.id, v.column_name
