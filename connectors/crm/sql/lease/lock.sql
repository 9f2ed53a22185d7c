-- Expects organization_id, store_id. Returns is_free, holder, run_id, seconds since the last sign of
-- life. "for update" waits for a loading transaction of the holder, which has the row key-shared.
select
  l.released_at is not null,
  l.holder,
  l.run_id,
  extract(epoch from clock_timestamp() - l.heartbeat_at)::float8
from sync.leases as l
where l.organization_id = %(organization_id)s and l.store_id = %(store_id)s
for update
