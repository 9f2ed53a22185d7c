select
  id as reconciliation_id,
  organization_id,
  store_id,
  stream,
  kind,
  day,
  status,
  currency,
  store_rows,
  crm_rows,
  store_total,
  crm_total,
  store_refunded,
  crm_refunded,
  state,
  record_count,
  checked_at
from {{ source('sync', 'reconciliations') }}
