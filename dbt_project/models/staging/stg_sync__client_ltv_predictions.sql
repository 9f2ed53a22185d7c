select
  organization_id,
  client_id,
  as_of,
  ltv_method,
  p_alive,
  expected_orders_90d,
  expected_orders_365d,
  expected_order_value,
  predicted_ltv_365d,
  reporting_currency
from {{ source('sync', 'client_ltv_predictions') }}
