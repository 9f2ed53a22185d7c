-- What was sold in each currency, and what of it is in the reporting currency's sums.
select
  d.currency,
  sum(d.orders) as orders,
  sum(d.net_amount) as net_amount,
  sum(d.net_reporting) as net_reporting,
  sum(d.unrated_orders) as unrated_orders
from marts.fct_daily_shop as d
where
  d.organization_id = %(organization_id)s
  and d.period_day between %(first_day)s and %(last_day)s
group by d.currency
order by orders desc, d.currency asc
