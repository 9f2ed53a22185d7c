with latest as (
  select
    *,
    -- All buckets of a day are written in one transaction, and so share their time.
    rank() over (
      partition by organization_id, store_id, stream, day order by checked_at desc
    ) as age
  from {{ ref('stg_sync__reconciliations') }}
  -- Single rows are no figures, and orders are counted by day already.
  where kind = 'day' or (kind = 'count' and stream <> 'orders')
),

by_currency as (
  select
    organization_id,
    store_id,
    stream,
    day,
    currency,
    -- NULL in one bucket makes the whole unknown.
    case when bool_and(store_rows is not null) then sum(store_rows) end::bigint as store_rows,
    sum(crm_rows)::bigint as crm_rows,
    case when bool_and(store_rows is not null) then sum(store_total) end as store_total,
    sum(crm_total) as crm_total,
    case when bool_and(store_rows is not null) then sum(store_refunded) end as store_refunded,
    sum(crm_refunded) as crm_refunded,
    sum(record_count) filter (where state in ('differs', 'kept', 'unknown'))
      as unsettled_records,
    (
      array_agg(
        state
        order by array_position(array['differs', 'unknown', 'kept', 'repaired', 'equal'], state)
      )
    )[1] as state,
    max(checked_at) as checked_at
  from latest
  where age = 1
  group by organization_id, store_id, stream, day, currency
),

waiting as (
  select
    organization_id,
    store_id,
    stream,
    count(*) as records
  from {{ ref('stg_sync__quarantine') }}
  where is_open
  group by organization_id, store_id, stream
)

select
  compared.organization_id,
  compared.store_id,
  stores.store_key,
  stores.platform,
  compared.stream,
  compared.day,
  compared.currency,
  coalesce(
    compared.state in ('equal', 'repaired')
    and compared.store_rows = compared.crm_rows
    -- A day that is not over, or was not over when it was last read, will have more orders.
    and (
      compared.day is null
      or compared.checked_at >= (compared.day + 1)::timestamp at time zone 'UTC'
      and cursors.synced_until >= (compared.day + 1)::timestamp at time zone 'UTC'
    ),
    false
  ) as is_complete,
  compared.state,
  compared.store_rows,
  compared.crm_rows,
  compared.store_total,
  compared.crm_total,
  compared.store_refunded,
  compared.crm_refunded,
  coalesce(compared.unsettled_records, 0)::bigint as unsettled_records,
  coalesce(waiting.records, 0) as waiting_records,
  cursors.synced_until,
  compared.checked_at
from by_currency as compared
inner join {{ ref('stg_sync__stores') }} as stores
  on compared.organization_id = stores.organization_id and compared.store_id = stores.store_id
left join {{ ref('stg_sync__cursors') }} as cursors
  on
    compared.organization_id = cursors.organization_id
    and compared.store_id = cursors.store_id
    and compared.stream = cursors.stream
left join waiting
  on
    compared.organization_id = waiting.organization_id
    and compared.store_id = waiting.store_id
    and compared.stream = waiting.stream
