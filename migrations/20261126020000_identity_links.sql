-- Who placed an order, and why a person is this client: what identity has decided, so that it can be
-- explained and taken back.

-- The buyer's key in this map, of orders only. An order that names nobody any more keeps the person
-- it had. The former person is the one before: a customer that the store merged into another one is
-- recognised by his orders, which all went from the one to the other.
alter table sync.record_map
add column person_entity text,
add column person_external_id text,
add column former_person_entity text,
add column former_person_external_id text;

alter table sync.record_map_orders add constraint record_map_orders_person_check
check (
  (person_entity is null) = (person_external_id is null)
  and (former_person_entity is null) = (former_person_external_id is null)
  and person_entity in ('customers', 'guests')
  and former_person_entity in ('customers', 'guests')
);

create index idx_record_map_orders_person
on sync.record_map_orders (store_id, person_entity, person_external_id);
create index idx_record_map_orders_former_person
on sync.record_map_orders (store_id, former_person_entity, former_person_external_id)
where former_person_external_id is not null;

-- Every decision that made a person a client, the latest one of a person being in force.
create table sync.identity_links (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  store_id uuid not null,
  entity text not null,
  external_id text not null,
  client_id uuid not null,
  -- The rule, as in record_map.link_reason, and the values that matched. For a new client: by which
  -- values it could be found at that time.
  reason text not null,
  evidence jsonb not null default '{}',
  -- The client's synced columns before, and what this person wrote into them: what is given back
  -- when the link is taken apart. NULL for the person a client was made for.
  columns_before jsonb,
  columns_after jsonb,
  run_id text not null,
  linked_at timestamptz not null default now(),
  undone_at timestamptz,
  constraint identity_links_entity_check check (entity in ('customers', 'guests')),
  constraint identity_links_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade,
  constraint identity_links_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade
);

create index idx_identity_links_organization_store
on sync.identity_links (organization_id, store_id, entity, external_id);
create index idx_identity_links_organization_client
on sync.identity_links (organization_id, client_id);

-- Clients that became one. The losing row is gone from the CRM; here is all it takes to have it back
-- under its id: its image, the winner's before and after, and which rows moved. Emptied once undone.
create table sync.client_merges (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  winner_id uuid not null,
  loser_id uuid not null,
  reason text not null,
  evidence jsonb not null default '{}',
  loser jsonb not null,
  winner_before jsonb not null,
  winner_after jsonb not null,
  -- {"table", "column", "key": {...}} of every row that referred to the loser.
  moved jsonb not null,
  -- {"table", "row": {...}} of what the winner has one of its own of, such as a day's lifetime value.
  set_aside jsonb not null,
  run_id text not null,
  merged_at timestamptz not null default now(),
  undone_at timestamptz,
  constraint client_merges_winner_id_fkey foreign key (organization_id, winner_id)
  references public.crm_clients (organization_id, id) on delete cascade,
  constraint client_merges_clients_check check (winner_id <> loser_id)
);

create index idx_client_merges_organization_winner
on sync.client_merges (organization_id, winner_id);
create index idx_client_merges_organization_loser
on sync.client_merges (organization_id, loser_id);

-- Two clients that a person said are two. No rule joins them again. The lower id comes first.
create table sync.identity_pins (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  client_id uuid not null,
  other_id uuid not null,
  created_at timestamptz not null default now(),
  constraint identity_pins_key unique (organization_id, client_id, other_id),
  constraint identity_pins_order_check check (client_id < other_id),
  constraint identity_pins_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade,
  constraint identity_pins_other_id_fkey foreign key (organization_id, other_id)
  references public.crm_clients (organization_id, id) on delete cascade
);

create index idx_identity_pins_organization_other
on sync.identity_pins (organization_id, other_id);

-- Names that came with an address that has come with several, its client's own among them; as
-- compared, in lower case. Three families' names mean that it stands for nobody in particular.
create table sync.address_names (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null,
  name text not null,
  first_seen_at timestamptz not null default now(),
  primary key (organization_id, email, name)
);

-- Up to when an organization's clients were compared with each other.
create table sync.identity_sweeps (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  swept_until timestamptz not null
);

alter table sync.identity_links enable row level security;
alter table sync.client_merges enable row level security;
alter table sync.identity_pins enable row level security;
alter table sync.address_names enable row level security;
alter table sync.identity_sweeps enable row level security;

revoke all on
  sync.identity_links,
  sync.client_merges,
  sync.identity_pins,
  sync.address_names,
  sync.identity_sweeps
from public, anon, authenticated, service_role;

create policy "The service side manages everything" on sync.identity_links
for all to service_role using (true) with check (true);
create policy "The service side manages everything" on sync.client_merges
for all to service_role using (true) with check (true);
create policy "The service side manages everything" on sync.identity_pins
for all to service_role using (true) with check (true);
create policy "The service side manages everything" on sync.address_names
for all to service_role using (true) with check (true);
create policy "The service side manages everything" on sync.identity_sweeps
for all to service_role using (true) with check (true);
