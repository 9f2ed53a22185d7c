-- What orders of a UTC day came to, by their status now: net of partial refunds for revenue orders,
-- the full total for lost ones, both in the reporting currency.
select
  o.order_day,
  o.status,
  count(*) as orders,
  coalesce(sum(case when o.is_lost then o.lost_reporting else o.net_reporting end), 0) as amount
from marts.fct_orders as o
where
  o.organization_id = %(organization_id)s
  and o.order_day between %(first_day)s and %(last_day)s
group by o.order_day, o.status
order by o.order_day, o.status
