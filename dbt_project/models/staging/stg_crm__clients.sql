select
  id as client_id,
  organization_id,
  client_type,
  lifecycle_stage,
  source,
  assigned_to,
  -- Nullable in the contract, and NULL there means none.
  coalesce(total_orders, 0) as total_orders,
  coalesce(total_revenue, 0) as total_revenue,
  average_order_value,
  lead_score,
  created_at,
  updated_at,
  contact_id,
  lead_quality,
  coalesce(email, '') <> '' as has_email,
  coalesce(phone, '') <> '' or coalesce(secondary_phone, '') <> '' as has_phone,
  first_contact_date,
  last_contact_date,
  ecommerce_customer_id
from {{ source('crm', 'crm_clients') }}
