-- What a store still allows us to ask for, known to every process that reads it.
--
-- Unlogged: it changes with every request and is worth nothing after a crash, where the store's
-- next answer tells it anew.
create unlogged table sync.allowances (
  store_id uuid primary key,
  organization_id uuid not null,
  -- As of as_of, what has been set aside taken off; below zero while requests wait their turn.
  level double precision not null,
  maximum double precision not null,
  per_second double precision not null,
  as_of timestamptz not null,
  constraint allowances_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete cascade,
  constraint allowances_maximum_check check (maximum > 0),
  constraint allowances_per_second_check check (per_second > 0)
)
-- Room on the page for the next version of a row: no index to write with it.
with (fillfactor = 50);

create index idx_allowances_organization_store
on sync.allowances (organization_id, store_id);

alter table sync.allowances enable row level security;

revoke all on sync.allowances from public, anon, authenticated, service_role;

-- As on every table of ours: a second lock, see 20261101040100_linter_findings.sql.
create policy "The service side manages everything" on sync.allowances
for all to service_role using (true) with check (true);
