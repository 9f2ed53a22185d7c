select
  organization_id,
  store_id,
  entity,
  external_id,
  crm_id,
  deleted_at is not null as is_deleted,
  created_at
from {{ source('sync', 'record_map') }}
