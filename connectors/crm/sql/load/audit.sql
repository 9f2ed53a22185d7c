-- The books of one batch of organization_id; the table itself checks that they balance.
insert into sync.loads (
  organization_id, store_id, stream, run_id, lease_token,
  fetched, inserted, updated, unchanged, skipped, quarantined, deleted, watermark
)
values (
  %(organization_id)s, %(store_id)s, %(stream)s, %(run_id)s, %(token)s,
  %(fetched)s, %(inserted)s, %(updated)s, %(unchanged)s, %(skipped)s, %(quarantined)s, %(deleted)s,
  %(watermark)s
)
