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
  updated_at,
  order_number,
  subtotal,
  -- Nullable in the contract, and NULL there means none.
  coalesce(discount, 0) as discount,
  coalesce(tax, 0) as tax,
  coalesce(shipping, 0) as shipping,
  items,
  shipped_date,
  delivered_date
from {{ source('crm', 'crm_orders') }}
