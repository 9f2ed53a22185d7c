-- Which of these payloads without an id were stripped before? Expects organization_id, store_id,
-- fingerprints. Returns stream, fingerprint.
select
  q.stream,
  q.fingerprint
from sync.quarantine as q
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.fingerprint = any(%(fingerprints)s::text [])
  and q.erased_at is not null
