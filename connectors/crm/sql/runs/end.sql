-- Expects run_ids (text[]). Forgets the heartbeats of runs that have ended.
delete from sync.run_heartbeats
where run_id = any(%(run_ids)s);
