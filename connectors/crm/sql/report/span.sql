-- The days the organization's orders are known for. NULL where nothing was ever ordered.
select
  min(d.period_day) as first_day,
  max(d.period_day) as last_day
from marts.fct_daily_shop as d
where d.organization_id = %(organization_id)s
