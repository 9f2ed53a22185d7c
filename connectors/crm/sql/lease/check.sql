-- Expects organization_id, store_id, token. Returns a row while the lease is ours.
--
-- "key share" lets the heartbeat through and makes a take-over wait for our commit.
select l.token
from sync.leases as l
where
  l.organization_id = %(organization_id)s
  and l.store_id = %(store_id)s
  and l.token = %(token)s
  and l.released_at is null
for key share
