select
  id as organization_id,
  name as organization_name,
  reporting_currency,
  created_at
from {{ source('crm', 'organizations') }}
