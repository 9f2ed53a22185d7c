-- Signs of life of run workers. Dagster's default launcher has no health check: after a power cut a
-- run stays "started" for ever and keeps its slot. A row here is deleted when its run ends by
-- itself, so an old row means a worker that died. Not the tenants' business: schema `sync` is not
-- exposed, and row security without a policy shuts the door even if somebody exposes it.
create table sync.run_heartbeats (
  run_id text primary key,
  host text not null,
  process_id integer not null,
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now()
);

alter table sync.run_heartbeats enable row level security;
revoke all on sync.run_heartbeats from public, anon, authenticated, service_role;

comment on table sync.run_heartbeats is
'One row per run worker that is at work; an old beat_at means it died.';
