-- Expects silent_seconds. Returns run_id of each run whose worker has not been heard of for so long,
-- by the database's clock: the workers' clocks may disagree.
select run_id
from sync.run_heartbeats
where beat_at < now() - make_interval(secs => %(silent_seconds)s)
order by beat_at;
