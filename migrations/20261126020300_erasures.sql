-- What privacy redaction remembers: that it was done, and which records are stripped from then on.
--
-- No personal data in any of it: ids, counts and times only.

-- When the person behind the record was erased: a customer, a guest, or who placed the order.
alter table sync.record_map add column erased_at timestamptz;

-- When the payload was stripped. One without an id is known by its fingerprint should it come again.
alter table sync.quarantine add column erased_at timestamptz;

-- One row per erasure.
create table sync.erasures (
  id bigint generated always as identity primary key,
  organization_id uuid not null references public.organizations (id) on delete cascade,
  -- The store that was erased or that said so itself; NULL where a client was asked for.
  store_id uuid,
  -- client: a person; store: everybody a store brought; redacted: the store had erased them itself.
  scope text not null,
  -- Chats and what people typed went too.
  is_everything boolean not null default false,
  -- A ticket, a role; never the person who is erased.
  requested_by text not null,
  run_id text not null,
  erased_at timestamptz not null default now(),
  -- The clients whose contact columns went; their rows, orders and totals stay.
  client_ids uuid [] not null default '{}',
  -- Place (table) -> how many rows of it held something.
  counts jsonb not null default '{}',
  constraint erasures_organization_id_id_key unique (organization_id, id),
  constraint erasures_scope_check check (scope in ('client', 'store', 'redacted')),
  constraint erasures_requested_by_check check (requested_by !~ '@'),
  constraint erasures_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete set null (store_id)
);

create index idx_erasures_organization_store on sync.erasures (organization_id, store_id);

comment on table sync.erasures is 'One row per privacy erasure: ids and counts, nothing personal.';

-- Whatever the store still sends of these is stripped before it is hashed or staged. A table of its
-- own, because a client that somebody deletes in the CRM takes its rows of record_map along, and the
-- next full reading would have brought the person back.
create table sync.erased_records (
  store_id uuid not null,
  entity text not null,
  external_id text not null,
  organization_id uuid not null,
  erasure_id bigint not null,
  erased_at timestamptz not null default now(),
  primary key (store_id, entity, external_id),
  constraint erased_records_entity_check check (entity in ('customers', 'orders')),
  constraint erased_records_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade,
  constraint erased_records_erasure_id_fkey foreign key (organization_id, erasure_id)
  references sync.erasures (organization_id, id) on delete cascade
);

create index idx_erased_records_organization_store
on sync.erased_records (organization_id, store_id);
create index idx_erased_records_organization_erasure
on sync.erased_records (organization_id, erasure_id);

comment on table sync.erased_records is
'One row per record of a store whose personal data is never to be stored again.';

alter table sync.erasures enable row level security;
alter table sync.erased_records enable row level security;

revoke all on sync.erasures, sync.erased_records from public, anon, authenticated, service_role;

-- As on every table of ours: a second lock, see 20261101040100_linter_findings.sql.
create policy "The service side manages everything" on sync.erasures
for all to service_role using (true) with check (true);
create policy "The service side manages everything" on sync.erased_records
for all to service_role using (true) with check (true);
