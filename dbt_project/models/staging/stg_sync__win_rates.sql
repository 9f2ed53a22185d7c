select
  organization_id,
  dimension,
  close_month,
  owner_id,
  source,
  as_of,
  won_count,
  lost_count,
  won_value,
  lost_value,
  win_rate,
  win_rate_by_value
from {{ source('sync', 'win_rates') }}
