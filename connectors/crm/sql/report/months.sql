-- Net revenue by UTC month of the order, newest last. `rated_orders` are the revenue orders whose
-- amount is in `net_revenue`; `unrated_orders` have no exchange rate and are in no sum.
select
  date_trunc('month', o.order_day::timestamp)::date as order_month,
  coalesce(sum(o.net_reporting) filter (where not o.is_lost), 0) as net_revenue,
  count(*) filter (where not o.is_lost) as orders,
  count(o.net_reporting) filter (where not o.is_lost) as rated_orders,
  count(*) filter (where not o.is_lost and o.net_reporting is null) as unrated_orders
from marts.fct_orders as o
where
  o.organization_id = %(organization_id)s
  and o.order_day between %(first_day)s and %(last_day)s
group by date_trunc('month', o.order_day::timestamp)
order by order_month
