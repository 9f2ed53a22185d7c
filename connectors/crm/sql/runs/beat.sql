-- Expects parameters run_id, host, process_id. Returns nothing.
-- No organization_id: a run serves many organizations.
insert into sync.run_heartbeats (run_id, host, process_id)
values (%(run_id)s, %(host)s, %(process_id)s)
on conflict (run_id) do update
set beat_at = now(), host = excluded.host, process_id = excluded.process_id;
