-- The days the organization's orders are known for, NULL where nothing was ever ordered; and the
-- orders that are dated where no shop sells, before 1990 or in the future. People and programs may
-- write any date there, infinity too: such a day would be the end of every figure.
select
  min(d.period_day) filter (
    where d.period_day between '1990-01-01' and (now() at time zone 'UTC')::date
  ) as first_day,
  max(d.period_day) filter (
    where d.period_day between '1990-01-01' and (now() at time zone 'UTC')::date
  ) as last_day,
  (
    select count(*)
    from marts.fct_orders as o
    where
      o.organization_id = %(organization_id)s
      and o.order_day not between '1990-01-01' and (now() at time zone 'UTC')::date
  ) as misdated_orders
from marts.fct_daily_shop as d
where d.organization_id = %(organization_id)s
