-- What the open deals bring in a day at the pace of the deals closed that month, by owner.
select
  organization_id,
  close_month,
  owner_id,
  currency,
  won_deals,
  closed_deals,
  win_rate as win_percent,
  avg_cycle_days,
  open_deals,
  velocity_per_day_amount
from marts.fct_sales_velocity
order by organization_id, close_month, owner_id, currency
