-- The books of one batch of organization_id; the table itself checks that they balance.
-- Expects load_id as begin.sql gave it: the rows of the batch refer to it already.
insert into sync.loads (
  id, organization_id, store_id, stream, run_id, lease_token,
  fetched, inserted, updated, unchanged, skipped, quarantined, deleted, watermark
)
overriding system value
values (
  %(load_id)s, %(organization_id)s, %(store_id)s, %(stream)s, %(run_id)s, %(token)s,
  %(fetched)s, %(inserted)s, %(updated)s, %(unchanged)s, %(skipped)s, %(quarantined)s, %(deleted)s,
  %(watermark)s
)
