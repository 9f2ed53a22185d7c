select
  id as quarantined_id,
  organization_id,
  store_id,
  stream,
  state = 'open' as is_open,
  first_seen_at
from {{ source('sync', 'quarantine') }}
