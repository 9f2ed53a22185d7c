select
  id as order_id,
  organization_id,
  client_id,
  status,
  status in ('cancelled', 'refunded') as is_lost,
  currency,
  total,
  refunded_total,
  exchange_rate,
  -- Zero for a lost order, NULL without an exchange rate: the database's one expression for it.
  net_revenue,
  order_date,
  updated_at
from {{ source('crm', 'crm_orders') }}
