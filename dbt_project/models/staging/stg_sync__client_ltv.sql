select
  organization_id,
  client_id,
  as_of,
  ltv,
  order_count
from {{ source('sync', 'client_ltv_current') }}
