-- What the nightly comparison of stores and CRM found, and how a row tells that it was changed behind
-- Storeloom's back.

create table sync.reconciliations (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  store_id uuid not null,
  run_id text not null,
  stream text not null,
  -- day: orders of a UTC day, status and currency. count: live records of a stream. rows: rows that
  -- were looked at one by one, column by column.
  kind text not null,
  -- NULL but for days.
  day date,
  -- NULL for a day without orders, and for orders that no status can be told of.
  status text,
  currency text,
  -- Both sides as they are after the repair; the store's are NULL where it cannot tell. Sums are in
  -- the currency and NULL but for days.
  store_rows bigint,
  store_total numeric,
  store_refunded numeric,
  crm_rows bigint not null,
  crm_total numeric,
  crm_refunded numeric,
  -- The CRM's side as it was found, NULL where it was found equal.
  found_rows bigint,
  found_total numeric,
  found_refunded numeric,
  state text not null,
  -- External ids of what differed, no more than a hundred of record_count.
  record_ids text [] not null default '{}',
  record_count bigint not null default 0,
  -- External id -> names of the columns that differed, without what was in them.
  record_columns jsonb not null default '{}',
  -- The stream's watermark: what the store changed later was not waited for.
  watermark timestamptz,
  checked_at timestamptz not null default now(),
  constraint reconciliations_stream_check check (stream in ('customers', 'products', 'orders')),
  constraint reconciliations_kind_check check (kind in ('day', 'count', 'rows')),
  constraint reconciliations_day_check check ((kind = 'day') = (day is not null)),
  constraint reconciliations_state_check
  check (state in ('equal', 'repaired', 'differs', 'kept', 'unknown')),
  constraint reconciliations_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
);

create index idx_reconciliations_organization_store
on sync.reconciliations (organization_id, store_id, stream, day, checked_at);

alter table sync.reconciliations enable row level security;

revoke all on sync.reconciliations from public, anon, authenticated, service_role;

create policy "The service side manages everything" on sync.reconciliations
for all to service_role using (true) with check (true);

-- What the row of a record was when Storeloom last wrote it, over the columns that the store
-- overwrites. Another digest now is a suspicion: the record is read again by name.
--
-- hash_record_extended is what hash partitions are found by, so an upgrade of the server keeps it.
-- JSON goes in as text: to it an empty list hashes as NULL does.
alter table sync.record_map
add column row_digest bigint,
-- When the record was last read by name just to be compared, column by column.
add column compared_at timestamptz;

-- The digests of the rows as they are. A view, since the planner does not look into a function with a
-- search_path of its own: 100,000 orders take 0.5 seconds this way and 3.5 the other.
create view sync.row_digests with (security_invoker = true) as
select
  r.organization_id,
  'orders' as entity,
  r.id as crm_id,
  hash_record_extended(
    row(
      r.order_number, r.ecommerce_order_id, r.subtotal, r.tax, r.shipping, r.discount, r.total,
      r.refunded_total, r.currency, r.status, r.items::text, r.shipping_address::text,
      r.tracking_number, r.order_date, r.shipped_date, r.delivered_date
    ),
    0
  ) as row_digest
from public.crm_orders as r
union all
select
  p.organization_id,
  'products' as entity,
  p.id as crm_id,
  hash_record_extended(
    row(
      p.ecommerce_product_id, p.parent_ecommerce_product_id, p.name, p.description, p.sku,
      p.category, p.price, p.cost, p.currency, p.is_active
    ),
    0
  ) as row_digest
from public.crm_products as p
union all
select
  c.organization_id,
  'customers' as entity,
  c.id as crm_id,
  hash_record_extended(
    row(
      c.company_name, c.full_name, c.email, c.phone, c.address::text, c.ecommerce_customer_id
    ),
    0
  ) as row_digest
from public.crm_clients as c;

revoke all on sync.row_digests from public, anon, authenticated, service_role;

-- What analysts read that is none of the application's: dbt fills it, no API role sees it.
create schema if not exists marts;
revoke all on schema marts from public, anon, authenticated, service_role;
