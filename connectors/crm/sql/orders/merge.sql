-- Expects staged_orders, organization_id, store_id, load_id. Staged -> numbered -> written -> mapped.
--
-- deal_id belongs to people and does not appear; a null never overwrites. Nor does a line that names its
-- product no more, or instead of a variant its parent: WooCommerce forgets both in all old lines once
-- they are deleted, and changes no order's date.
with typed as materialized (
  select distinct d.row_id
  from sync.field_edits as d
  where
    d.organization_id = %(organization_id)s
    and d.settled_at is null
    and d.column_name in ('status', 'shipped_date', 'delivered_date')
),

present as (
  select
    s.*,
    e.id as order_id,
    e.order_number as present_number,
    e.exchange_rate as present_rate,
    case
      when
        s.items is null or e.items is null or s.items = e.items or jsonb_typeof(e.items) <> 'array'
        then s.items
      else (
        select
          jsonb_agg(
            jsonb_strip_nulls(
              jsonb_build_object('sku', o.sku, 'ecommerce_product_id', o.product_id)
            )
            || case
              when o.is_variant then n.line - 'sku' - 'ecommerce_product_id'
              else n.line
            end
            order by n.turn
          )
        from jsonb_array_elements(s.items) with ordinality as n (line, turn)
        left join lateral (
          select
            k.line -> 'sku' as sku,
            k.line -> 'ecommerce_product_id' as product_id,
            p.id is not null as is_variant
          from jsonb_array_elements(e.items) with ordinality as k (line, turn)
          left join public.crm_products as p
            on
              p.organization_id = %(organization_id)s
              and p.ecommerce_product_id = k.line ->> 'ecommerce_product_id'
              and p.parent_ecommerce_product_id = n.line ->> 'ecommerce_product_id'
          where k.line ->> 'external_id' = n.line ->> 'external_id'
          order by k.turn
          limit 1
        ) as o on true
      )
    end as final_items,
    -- A store that takes an order back takes its dates back, which a null alone would not. What a
    -- person typed over is settled by itself.
    case
      when
        e.status in ('shipped', 'delivered', 'refunded')
        and s.status in ('pending', 'processing', 'cancelled')
        and t.row_id is null
        then s.shipped_date
      else coalesce(s.shipped_date, e.shipped_date)
    end as final_shipped_date,
    case
      when
        e.status in ('delivered', 'refunded')
        and s.status in ('pending', 'processing', 'shipped', 'cancelled')
        and t.row_id is null
        then s.delivered_date
      else coalesce(s.delivered_date, e.delivered_date)
    end as final_delivered_date,
    -- An order whose person was redacted stays with its client instead of joining the walk-in.
    case when s.is_anonymous then coalesce(e.client_id, s.client_id) else s.client_id end
      as final_client_id,
    -- The same goes for the person behind it.
    case
      when s.is_anonymous then coalesce(k.person_entity, s.person_entity)
      else s.person_entity
    end as final_person_entity,
    case
      when s.is_anonymous then coalesce(k.person_external_id, s.person_external_id)
      else s.person_external_id
    end as final_person_external_id,
    row_number() over (
      partition by s.order_number order by e.id is null, s.ecommerce_order_id
    ) as turn
  from pg_temp.staged_orders as s
  left join public.crm_orders as e
    on e.organization_id = %(organization_id)s and s.ecommerce_order_id = e.ecommerce_order_id
  left join sync.record_map as k
    on
      k.organization_id = %(organization_id)s
      and k.store_id = %(store_id)s
      and k.entity = 'orders'
      and s.external_id = k.external_id
  left join typed as t on e.id = t.row_id
),

-- A number that another order has, typed by people perhaps, gets the shop's id behind it; an order
-- is never dropped for its number, and keeps the one it was given.
numbered as (
  select
    p.*,
    case
      when p.present_number in (p.order_number, p.order_number || '-' || p.ecommerce_order_id)
        then p.present_number
      when p.turn > 1 or exists (
        select
        from public.crm_orders as t
        where
          t.organization_id = %(organization_id)s
          and t.order_number = p.order_number
          and t.ecommerce_order_id is distinct from p.ecommerce_order_id
      ) then p.order_number || '-' || p.ecommerce_order_id
      else p.order_number
    end as final_number
  from present as p
),

-- Once per currency and day, not per order.
rates as materialized (
  select
    d.currency,
    d.rate_date,
    sync.exchange_rate(d.currency, o.reporting_currency, d.rate_date) as rate
  from (
    select distinct s.currency, (s.order_date at time zone 'UTC')::date as rate_date
    from pg_temp.staged_orders as s
  ) as d
  cross join public.organizations as o
  where o.id = %(organization_id)s
),

written as (
  insert into public.crm_orders as r (
    organization_id, client_id, order_number, ecommerce_order_id, subtotal, tax, shipping, discount,
    total, refunded_total, exchange_rate, currency, status, items, shipping_address,
    tracking_number, order_date, shipped_date, delivered_date, created_at
  )
  select
    %(organization_id)s,
    n.final_client_id,
    n.final_number,
    n.ecommerce_order_id,
    n.subtotal,
    n.tax,
    n.shipping,
    n.discount,
    n.total,
    n.refunded_total,
    q.rate,
    n.currency,
    n.status,
    n.final_items,
    n.shipping_address,
    n.tracking_number,
    n.order_date,
    n.final_shipped_date,
    n.final_delivered_date,
    coalesce(n.source_created_at, n.order_date)
  from numbered as n
  left join rates as q
    on n.currency = q.currency and (n.order_date at time zone 'UTC')::date = q.rate_date
  order by n.ecommerce_order_id
  on conflict (organization_id, ecommerce_order_id) do update set
    client_id = excluded.client_id,
    order_number = excluded.order_number,
    subtotal = excluded.subtotal,
    tax = excluded.tax,
    shipping = excluded.shipping,
    discount = excluded.discount,
    total = excluded.total,
    refunded_total = excluded.refunded_total,
    exchange_rate = excluded.exchange_rate,
    currency = excluded.currency,
    status = excluded.status,
    items = coalesce(excluded.items, r.items),
    shipping_address = coalesce(excluded.shipping_address, r.shipping_address),
    tracking_number = coalesce(excluded.tracking_number, r.tracking_number),
    order_date = excluded.order_date,
    shipped_date = excluded.shipped_date,
    delivered_date = excluded.delivered_date
  where
    (
      r.client_id, r.order_number, r.subtotal, r.tax, r.shipping, r.discount, r.total,
      r.refunded_total, r.exchange_rate, r.currency, r.status, r.items, r.shipping_address,
      r.tracking_number, r.order_date, r.shipped_date, r.delivered_date
    ) is distinct from (
      excluded.client_id, excluded.order_number, excluded.subtotal, excluded.tax,
      excluded.shipping, excluded.discount, excluded.total, excluded.refunded_total,
      excluded.exchange_rate, excluded.currency, excluded.status,
      coalesce(excluded.items, r.items),
      coalesce(excluded.shipping_address, r.shipping_address),
      coalesce(excluded.tracking_number, r.tracking_number),
      excluded.order_date,
      excluded.shipped_date,
      excluded.delivered_date
    )
  returning
    r.id,
    r.ecommerce_order_id,
    r.exchange_rate,
    -- As sync.row_digests has it.
    hash_record_extended(
      row(
        r.order_number, r.ecommerce_order_id, r.subtotal, r.tax, r.shipping, r.discount, r.total,
        r.refunded_total, r.currency, r.status, r.items::text, r.shipping_address::text,
        r.tracking_number, r.order_date, r.shipped_date, r.delivered_date
      ),
      0
    ) as row_digest
)

insert into sync.record_map_orders as m (
  store_id, entity, external_id, organization_id, crm_id, content_hash, source_updated_at,
  deleted_at, source_status, details, person_entity, person_external_id, row_digest,
  written_rate, load_id
)
select
  %(store_id)s,
  'orders',
  n.external_id,
  %(organization_id)s,
  -- What was there before and needed no write is not among the written.
  coalesce(w.id, n.order_id),
  n.content_hash,
  n.source_updated_at,
  case when n.is_deleted then now() end,
  n.source_status,
  n.details,
  n.final_person_entity,
  n.final_person_external_id,
  coalesce(
    w.row_digest,
    (
      select d.row_digest
      from sync.row_digests as d
      where
        d.organization_id = %(organization_id)s
        and d.entity = 'orders'
        and d.crm_id = n.order_id
    )
  ),
  case when w.id is null then n.present_rate else w.exchange_rate end,
  %(load_id)s
from numbered as n
left join written as w on n.ecommerce_order_id = w.ecommerce_order_id
order by n.external_id
on conflict (store_id, entity, external_id) do update set
  crm_id = excluded.crm_id,
  content_hash = excluded.content_hash,
  source_updated_at = excluded.source_updated_at,
  deleted_at = excluded.deleted_at,
  source_status = excluded.source_status,
  details = excluded.details,
  person_entity = excluded.person_entity,
  person_external_id = excluded.person_external_id,
  row_digest = excluded.row_digest,
  written_rate = excluded.written_rate,
  load_id = excluded.load_id,
  former_person_entity = case
    when
      (m.person_entity, m.person_external_id)
      is distinct from (excluded.person_entity, excluded.person_external_id)
      then m.person_entity
    else m.former_person_entity
  end,
  former_person_external_id = case
    when
      (m.person_entity, m.person_external_id)
      is distinct from (excluded.person_entity, excluded.person_external_id)
      then m.person_external_id
    else m.former_person_external_id
  end,
  updated_at = now()
where m.organization_id = excluded.organization_id
