-- A map has one row per record; should two records of a store ever be one order, the first one names
-- its store, so that no order is counted twice.
select distinct on (linked.organization_id, linked.crm_id)
  linked.organization_id,
  linked.crm_id as order_id,
  linked.store_id,
  stores.store_key,
  stores.platform
from {{ ref('stg_sync__record_map') }} as linked
inner join {{ ref('stg_sync__stores') }} as stores
  on linked.organization_id = stores.organization_id and linked.store_id = stores.store_id
where linked.entity = 'orders'
order by linked.organization_id, linked.crm_id, linked.created_at, linked.store_id
