select
  id as product_id,
  organization_id,
  name as product_name,
  sku,
  category,
  price,
  cost,
  currency,
  ecommerce_product_id,
  is_active,
  created_at,
  updated_at
from {{ source('crm', 'crm_products') }}
