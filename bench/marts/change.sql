-- A night's changes: `bench.changed` orders, of the last weeks mostly and some of any age. Half are
-- delivered or refunded in part, some cancelled, some new, a few deleted; a few products cost more.

with chosen as (
  (
    select id, organization_id
    from crm_orders
    order by order_date desc
    limit current_setting('bench.changed')::int * 6 / 10
  )
  union
  (
    select id, organization_id
    from crm_orders
    order by id
    limit current_setting('bench.changed')::int * 2 / 10
  )
)

update crm_orders as o
set
  status = case when get_byte(uuid_send(o.id), 15) % 8 = 0 then 'cancelled' else o.status end,
  refunded_total = case when get_byte(uuid_send(o.id), 15) % 2 = 0 then 1 else o.refunded_total end,
  tracking_number = 'T' || clock_timestamp()
from chosen
where o.id = chosen.id and o.organization_id = chosen.organization_id;

insert into crm_orders (
  organization_id, client_id, order_number, status, total, currency, exchange_rate, order_date, items
)
select
  organization_id,
  client_id,
  order_number || '-' || clock_timestamp(),
  'pending',
  total,
  currency,
  exchange_rate,
  timestamptz '2026-11-01 01:00Z',
  items
from crm_orders
order by id desc
limit current_setting('bench.changed')::int * 19 / 100;

delete from crm_orders
where id in (
  select id from crm_orders order by id desc limit current_setting('bench.changed')::int / 100
);

update crm_products
set cost = cost + 1
where id in (select id from crm_products order by id limit 5);
