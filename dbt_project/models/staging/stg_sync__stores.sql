select
  id as store_id,
  organization_id,
  key as store_key,
  platform,
  status
from {{ source('sync', 'stores') }}
