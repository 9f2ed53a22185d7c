-- Fills a migrated database with ten organizations, two stores each, and `bench.orders` orders of a
-- quarter as many clients, two or three lines an order, over three years to 2026-10-31.
--
-- Half of everything belongs to the first organization: one large tenant among small ones is what
-- plans have to bear. Every tenth order is in a second currency, one in fifty is cancelled, one in
-- thirty refunded as a whole, one in twenty in part. Triggers are on, as they are when a store is read.
-- Ids are digests of numbers, so the same figures come out every time.

select setseed(0.42);

insert into organizations (id, name, reporting_currency)
select md5('organization ' || n)::uuid, 'Organization ' || n, 'USD'
from generate_series(0, 9) as n;

insert into sync.stores (id, organization_id, key, platform, base_url, currency, id_prefix)
select
  md5('store ' || n || ' ' || place)::uuid,
  md5('organization ' || n)::uuid,
  'shop-' || n || '-' || place,
  'woocommerce',
  'https://shop.example',
  'USD',
  case place when 0 then '' else 'second-' end
from generate_series(0, 9) as n, generate_series(0, 1) as place;

insert into sync.cursors (store_id, stream, organization_id, watermark)
select s.id, stream, s.organization_id, '2026-11-01 02:00Z'
from sync.stores as s, unnest(array['customers', 'products', 'orders']) as stream;

-- Five of ten numbers go to the first organization.
create temporary table pick (part int primary key, organization_id uuid not null);
insert into pick
select part, md5('organization ' || greatest(part - 10, 0))::uuid
from generate_series(0, 19) as part;

insert into crm_products (id, organization_id, name, sku, category, price, cost, currency, ecommerce_product_id)
select
  md5('product ' || n)::uuid,
  pick.organization_id,
  'Product ' || n,
  'SKU-' || n,
  'Category ' || n % 30,
  5 + n % 200,
  2 + n % 90,
  'USD',
  'p' || n
from generate_series(0, current_setting('bench.orders')::int / 40) as n
inner join pick on pick.part = n % 20;

insert into crm_clients (
  id, organization_id, client_type, lifecycle_stage, source, full_name, email,
  ecommerce_customer_id, created_at, first_contact_date
)
select
  md5('client ' || n)::uuid,
  pick.organization_id,
  'customer',
  'customer',
  (array['shop', 'ads', 'referral', null])[1 + n % 4],
  'Person ' || n,
  'person' || n || '@example.com',
  'c' || n,
  timestamptz '2023-11-01 00:00Z' + n % 1095 * interval '1 day',
  timestamptz '2023-11-01 00:00Z' + n % 1095 * interval '1 day'
from generate_series(0, current_setting('bench.orders')::int / 4 - 1) as n
inner join pick on pick.part = n % 20;

insert into sync.record_map (store_id, entity, external_id, organization_id, crm_id)
select s.id, 'customers', c.ecommerce_customer_id, c.organization_id, c.id
from crm_clients as c
inner join sync.stores as s on s.organization_id = c.organization_id and s.id_prefix = '';

-- A client's orders are numbers that share the remainder; early numbers order more often.
create temporary table placed as
select
  n,
  md5('order ' || n)::uuid as id,
  client,
  product_part,
  organization_id,
  random() as chance,
  n % 10 = 9 as is_foreign,
  2 + n % 2 as lines,
  timestamptz '2023-11-01 00:00Z' + random() * interval '1094 days' as order_date
from (
  select
    n,
    -- The power makes regulars of some and leaves many with one order.
    floor(power(random(), 1.6) * (current_setting('bench.orders')::int / 4 / 20))::int * 20 + n % 20
      as client,
    n % 20 as product_part
  from generate_series(0, current_setting('bench.orders')::int - 1) as n
) as numbers
inner join pick on pick.part = n % 20;

insert into crm_orders (
  id, organization_id, client_id, order_number, ecommerce_order_id, status, subtotal, tax, shipping,
  discount, total, refunded_total, currency, exchange_rate, order_date, shipped_date,
  delivered_date, items, created_at, updated_at
)
select
  o.id,
  o.organization_id,
  md5('client ' || o.client)::uuid,
  'N' || o.n,
  case when o.n % 50 <> 0 then 'o' || o.n end,
  case
    when o.chance < 0.02 then 'cancelled'
    when o.chance < 0.05 then 'refunded'
    when o.chance < 0.10 then 'shipped'
    else 'delivered'
  end,
  l.total,
  round(l.total * 0.19, 2),
  4.90,
  case when o.n % 7 = 0 then 5 else 0 end,
  round(l.total * 1.19, 2) + 4.90 - case when o.n % 7 = 0 then 5 else 0 end,
  case when o.chance > 0.95 then round(l.total / 3, 2) else 0 end,
  case when o.is_foreign then 'EUR' else 'USD' end,
  case when o.is_foreign then 1.08371234 else 1 end,
  o.order_date,
  o.order_date + interval '2 days',
  o.order_date + interval '5 days',
  l.items,
  o.order_date,
  o.order_date
from placed as o
cross join lateral (
  select
    sum(quantity * price) as total,
    jsonb_agg(
      jsonb_build_object(
        'name', 'Product ' || product,
        'quantity', quantity::text,
        'external_id', o.n || '-' || line,
        'ecommerce_product_id', 'p' || product,
        'sku', 'SKU-' || product,
        'unit_price', price::text,
        'total', (quantity * price)::text,
        'tax', round(quantity * price * 0.19, 2)::text
      )
    ) as items
  from (
    select
      line,
      1 + (o.n + line) % 3 as quantity,
      product,
      (5 + product % 200)::numeric(12, 2) as price
    from (
      select
        line,
        (o.n / 20 * 7 + line * 131) % greatest(current_setting('bench.orders')::int / 40 / 20, 1) * 20
        + o.product_part as product
      from generate_series(1, o.lines) as line
    ) as chosen
  ) as priced
) as l;

insert into sync.record_map (store_id, entity, external_id, organization_id, crm_id)
select s.id, 'orders', o.ecommerce_order_id, o.organization_id, o.id
from crm_orders as o
inner join placed as p on p.id = o.id
inner join sync.stores as s
  on s.organization_id = o.organization_id
  and s.id_prefix = case when p.n % 3 = 0 then 'second-' else '' end
where o.ecommerce_order_id is not null;

insert into sync.record_map (store_id, entity, external_id, organization_id, crm_id)
select s.id, 'products', p.ecommerce_product_id, p.organization_id, p.id
from crm_products as p
inner join sync.stores as s on s.organization_id = p.organization_id and s.id_prefix = '';

-- The CRM's own side, a twentieth of the shop's: deals, conversations, activities.
insert into crm_deals (
  id, organization_id, client_id, name, deal_value, stage, stage_changed_at, created_at, updated_at
)
select
  md5('deal ' || n)::uuid,
  pick.organization_id,
  md5('client ' || n)::uuid,
  'Deal ' || n,
  100 + n % 5000,
  (array['prospecting', 'qualification', 'proposal', 'negotiation', 'closed_won', 'closed_lost'])[1 + n % 6],
  timestamptz '2025-11-01 00:00Z' + n % 360 * interval '1 day',
  timestamptz '2025-10-01 00:00Z' + n % 360 * interval '1 day',
  timestamptz '2025-11-01 00:00Z' + n % 360 * interval '1 day'
from generate_series(0, current_setting('bench.orders')::int / 50 - 1) as n
inner join pick on pick.part = n % 20;

insert into channels (id, organization_id, name, platform)
select md5('channel ' || n)::uuid, md5('organization ' || n)::uuid, 'Chat', 'whatsapp'
from generate_series(0, 9) as n;

insert into contacts (id, organization_id, channel_id, platform, platform_user_id)
select
  md5('contact ' || n)::uuid,
  pick.organization_id,
  c.id,
  'whatsapp',
  'u' || n
from generate_series(0, current_setting('bench.orders')::int / 100 - 1) as n
inner join pick on pick.part = n % 20
inner join channels as c on c.organization_id = pick.organization_id;

insert into messages (organization_id, channel_id, contact_id, sender_type, text_content, sent_at)
select
  c.organization_id,
  c.channel_id,
  c.id,
  (array['user', 'ai', 'user', 'agent'])[1 + n % 4],
  'Hello',
  timestamptz '2025-11-01 00:00Z' + n * interval '7 hours' + random() * interval '1 hour'
from contacts as c, generate_series(0, 9) as n;

insert into crm_activities (organization_id, client_id, activity_type, subject, status, created_at)
select
  c.organization_id,
  c.id,
  (array['chatbot_interaction', 'call', 'note'])[1 + (random() * 2.99)::int % 3],
  'Talk',
  'completed',
  c.created_at
from crm_clients as c
where random() < 0.2;

drop table placed, pick;
