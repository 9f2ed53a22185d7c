-- The newest win rates: of all closed deals, and of those closed in each UTC month.
select
  w.dimension,
  w.close_month,
  w.as_of,
  w.won_count,
  w.lost_count,
  w.win_rate,
  w.win_rate_by_value
from marts.fct_win_rates as w
where
  w.organization_id = %(organization_id)s
  and w.is_current
  and (
    w.dimension = 'overall'
    -- A deal may be closed next year by mistake, or never: infinity is a date.
    or (
      w.dimension = 'close_month'
      and w.close_month between '1990-01-01' and (now() at time zone 'UTC')::date
    )
  )
order by w.dimension, w.close_month
