-- A map has one row per record; should two records of a store ever be one order, the first one names
-- its store, so that no order is counted twice. Said with "not exists", as PostgreSQL then looks up a
-- few orders by index where only a few are asked for; "distinct on" sorts all of them first.
select
  linked.organization_id,
  linked.crm_id as order_id,
  linked.store_id,
  stores.store_key,
  stores.platform
from {{ ref('stg_sync__record_map') }} as linked
inner join {{ ref('stg_sync__stores') }} as stores
  on linked.organization_id = stores.organization_id and linked.store_id = stores.store_id
where
  linked.entity = 'orders'
  and not exists (
    select 1
    from {{ ref('stg_sync__record_map') }} as earlier
    where
      earlier.entity = 'orders'
      and linked.organization_id = earlier.organization_id
      and linked.crm_id = earlier.crm_id
      and (earlier.created_at, earlier.store_id, earlier.external_id)
      < (linked.created_at, linked.store_id, linked.external_id)
  )
