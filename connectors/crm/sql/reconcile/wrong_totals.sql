-- Clients of a store whose totals are not what their orders come to, by nobody's edit: changed where no
-- trigger saw it. Expects organization_id, store_id. Returns client_id.
with members as (
  select distinct m.crm_id as client_id
  from sync.record_map as m
  where
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity in ('customers', 'guests')
),

summed as (
  select
    k.client_id,
    count(r.id) as total_orders,
    coalesce(sum(r.net_revenue), 0)::numeric(12, 2) as total_revenue,
    coalesce(round(sum(r.net_revenue) / nullif(count(r.id), 0), 2), 0)::numeric(12, 2)
      as average_order_value
  from members as k
  left join public.crm_orders as r
    on
      r.organization_id = %(organization_id)s
      and k.client_id = r.client_id
      and r.status not in ('cancelled', 'refunded')
  group by k.client_id
)

select s.client_id
from summed as s
inner join public.crm_clients as c
  on c.organization_id = %(organization_id)s and s.client_id = c.id
where
  (c.total_orders, c.total_revenue, c.average_order_value)
  is distinct from (s.total_orders, s.total_revenue, s.average_order_value)
order by s.client_id
