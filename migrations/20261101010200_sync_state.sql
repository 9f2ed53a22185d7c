-- What the load path remembers: how far each stream is, which record became which row, what was
-- refused, who is loading.

-- The map refers to rows by organization and id, like every reference in the contract.
alter table public.crm_products
add constraint crm_products_organization_id_id_key unique (organization_id, id);
alter table public.crm_orders
add constraint crm_orders_organization_id_id_key unique (organization_id, id);

-- People type "+1 (555) 010-0100"; the store's E.164 finds it by its digits.
create index idx_crm_clients_organization_phone_digits
on public.crm_clients (organization_id, regexp_replace(phone, '[^0-9]', '', 'g'))
where phone is not null;

-- Orders that wait for an exchange rate, so that looking for them at every sync costs nothing.
create index idx_crm_orders_organization_without_rate
on public.crm_orders (organization_id, currency) where exchange_rate is null;

-- A client is written when it is made, when its first order comes, and with every total after that.
-- Room on the page keeps most of these writes out of the table's fifteen indexes.
alter table public.crm_clients set (fillfactor = 70);

create table sync.cursors (
  store_id uuid not null,
  stream text not null,
  organization_id uuid not null,
  -- Every change before this time is in the CRM.
  watermark timestamptz,
  -- The reading under way: its window, and the connector's own mark inside it.
  window_start timestamptz,
  window_end timestamptz,
  resume text,
  updated_at timestamptz not null default now(),
  primary key (store_id, stream),
  constraint cursors_stream_check check (stream in ('customers', 'products', 'orders')),
  constraint cursors_resume_check check (resume is null or window_end is not null),
  constraint cursors_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
);

create index idx_cursors_organization_store on sync.cursors (organization_id, store_id);

-- Store record -> CRM row. Guests have no id at the store: theirs is made of what is known of them
-- ("email:...", "phone:...", "order:...", "walk-in").
--
-- Partitioned so that each kind refers to its own CRM table: a row somebody deletes in the CRM takes
-- its map row along, and the next full sync brings the record back.
create table sync.record_map (
  store_id uuid not null,
  entity text not null,
  external_id text not null,
  organization_id uuid not null,
  crm_id uuid not null,
  -- NULL for an entry that so far was only referred to: a customer known from an order, a guest.
  content_hash bytea,
  source_updated_at timestamptz,
  -- When we learned that the store has it no more.
  deleted_at timestamptz,
  source_status text,
  details jsonb,
  -- Why this client: external_id, email, phone, new, walk_in.
  link_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (store_id, entity, external_id),
  constraint record_map_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
) partition by list (entity);

create table sync.record_map_clients partition of sync.record_map
for values in ('customers', 'guests');
create table sync.record_map_products partition of sync.record_map
for values in ('products');
create table sync.record_map_orders partition of sync.record_map
for values in ('orders');

alter table sync.record_map_clients add constraint record_map_clients_crm_id_fkey
foreign key (organization_id, crm_id) references public.crm_clients (organization_id, id)
on delete cascade;
alter table sync.record_map_products add constraint record_map_products_crm_id_fkey
foreign key (organization_id, crm_id) references public.crm_products (organization_id, id)
on delete cascade;
alter table sync.record_map_orders add constraint record_map_orders_crm_id_fkey
foreign key (organization_id, crm_id) references public.crm_orders (organization_id, id)
on delete cascade;

create index idx_record_map_organization_crm on sync.record_map (organization_id, crm_id);

-- Records we could not map or the database would not take: kept whole, with the reason, to be tried
-- again. "json", not "jsonb": a payload may hold what jsonb refuses, which is often why it is here.
create table sync.quarantine (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  store_id uuid not null,
  stream text not null,
  external_id text,
  -- The external id where known, else a hash of the payload: the same record fails once, not daily.
  fingerprint text not null,
  code text not null,
  reason text not null,
  -- raw: as the store sent it. record: mapped already, and refused by the database.
  payload_kind text not null default 'raw',
  payload json not null,
  run_id text not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  attempts integer not null default 1,
  resolved_at timestamptz,
  constraint quarantine_store_id_stream_fingerprint_key unique (store_id, stream, fingerprint),
  constraint quarantine_stream_check check (stream in ('customers', 'products', 'orders')),
  constraint quarantine_payload_kind_check check (payload_kind in ('raw', 'record')),
  constraint quarantine_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
);

create index idx_quarantine_organization_store on sync.quarantine (organization_id, store_id);
create index idx_quarantine_open on sync.quarantine (store_id, stream, external_id)
where resolved_at is null;

-- One row per batch: the books, which must balance.
create table sync.loads (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  store_id uuid not null,
  stream text not null,
  run_id text not null,
  lease_token bigint,
  fetched integer not null,
  inserted integer not null,
  updated integer not null,
  unchanged integer not null,
  skipped integer not null,
  quarantined integer not null,
  watermark timestamptz,
  loaded_at timestamptz not null default clock_timestamp(),
  constraint loads_balance_check
  check (fetched = inserted + updated + unchanged + skipped + quarantined),
  constraint loads_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
);

create index idx_loads_organization_store on sync.loads (organization_id, store_id, loaded_at);

-- Who may write for a store. The token rises with every change of hands; a transaction that carries
-- an old one is refused, however long its process was asleep.
create table sync.leases (
  store_id uuid primary key,
  organization_id uuid not null,
  token bigint not null,
  holder text not null,
  run_id text not null,
  acquired_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  released_at timestamptz,
  constraint leases_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade
);

create index idx_leases_organization_store on sync.leases (organization_id, store_id);

-- Persons who could be several clients, or one client who could be several persons. Nobody is linked
-- by guessing: they got a client of their own, and a person decides.
create table sync.identity_reviews (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  store_id uuid not null,
  entity text not null,
  external_id text not null,
  client_id uuid not null,
  candidate_ids uuid [] not null,
  reason text not null,
  status text not null default 'open',
  created_at timestamptz not null default now(),
  resolved_at timestamptz,
  constraint identity_reviews_store_id_entity_external_id_reason_key
  unique (store_id, entity, external_id, reason),
  constraint identity_reviews_status_check check (status in ('open', 'merged', 'kept')),
  constraint identity_reviews_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade,
  constraint identity_reviews_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade
);

create index idx_identity_reviews_organization_store
on sync.identity_reviews (organization_id, store_id);
create index idx_identity_reviews_organization_client
on sync.identity_reviews (organization_id, client_id);

alter table sync.cursors enable row level security;
alter table sync.record_map enable row level security;
alter table sync.record_map_clients enable row level security;
alter table sync.record_map_products enable row level security;
alter table sync.record_map_orders enable row level security;
alter table sync.quarantine enable row level security;
alter table sync.loads enable row level security;
alter table sync.leases enable row level security;
alter table sync.identity_reviews enable row level security;

revoke all on
  sync.cursors,
  sync.record_map,
  sync.record_map_clients,
  sync.record_map_products,
  sync.record_map_orders,
  sync.quarantine,
  sync.loads,
  sync.leases,
  sync.identity_reviews
from public, anon, authenticated, service_role;
