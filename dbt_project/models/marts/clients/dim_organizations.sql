{{ config(unique_key=['organization_id']) }}

with stores_read as (
  select
    stores.organization_id,
    count(*) as stores,
    -- Of several stores the one that is furthest behind; a store never read leaves it unknown.
    case when count(*) = count(cursors.synced_until) then min(cursors.synced_until) end
      as orders_read_until
  from {{ ref('stg_sync__stores') }} as stores
  left join {{ ref('stg_sync__cursors') }} as cursors
    on
      stores.organization_id = cursors.organization_id
      and stores.store_id = cursors.store_id
      and cursors.stream = 'orders'
  group by stores.organization_id
)

select
  organizations.organization_id,
  organizations.organization_name,
  organizations.reporting_currency,
  organizations.created_at,
  coalesce(stores_read.stores, 0) as stores,
  stores_read.orders_read_until
from {{ ref('stg_crm__organizations') }} as organizations
left join stores_read on organizations.organization_id = stores_read.organization_id
