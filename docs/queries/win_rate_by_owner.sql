-- Share of closed deals that each owner won, of all time, as of the last nightly measurement.
-- owner_id NULL is the deals nobody owns.
select
  organization_id,
  owner_id,
  won_count,
  lost_count,
  win_rate as win_percent,
  as_of as unchanged_since
from marts.fct_win_rates
where dimension = 'owner' and is_current and won_count + lost_count > 0
order by organization_id asc, win_rate desc, owner_id asc
