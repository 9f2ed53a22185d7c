select
  organization_id,
  store_id,
  stream,
  watermark as synced_until
from {{ source('sync', 'cursors') }}
