-- What is to be read again by name, and which customers have left.

-- Noted in the transaction of its cause, taken off once the store has answered: a run that dies in
-- between leaves the question to the next one.
create table sync.rereads (
  store_id uuid not null,
  stream text not null,
  external_id text not null,
  organization_id uuid not null,
  -- named, left, customer_gone, stale, ...: for people.
  reason text not null,
  -- To be written although it seems to be the same.
  is_forced boolean not null default false,
  run_id text not null,
  noted_at timestamptz not null default clock_timestamp(),
  primary key (store_id, stream, external_id),
  constraint rereads_stream_check check (stream in ('customers', 'products', 'orders')),
  constraint rereads_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
);

create index idx_rereads_organization_store on sync.rereads (organization_id, store_id);

-- Customers that the store has no more, kept until their orders have been read again: those may tell
-- whom the store has merged the customer into.
create table sync.departed_customers (
  store_id uuid not null,
  external_id text not null,
  organization_id uuid not null,
  run_id text not null,
  noted_at timestamptz not null default clock_timestamp(),
  primary key (store_id, external_id),
  constraint departed_customers_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
);

create index idx_departed_customers_organization_store
on sync.departed_customers (organization_id, store_id);

alter table sync.rereads enable row level security;
alter table sync.departed_customers enable row level security;

revoke all on sync.rereads, sync.departed_customers from public, anon, authenticated, service_role;

-- As on every table of ours: a second lock, see 20261101040100_linter_findings.sql.
create policy "The service side manages everything" on sync.rereads
for all to service_role using (true) with check (true);
create policy "The service side manages everything" on sync.departed_customers
for all to service_role using (true) with check (true);
