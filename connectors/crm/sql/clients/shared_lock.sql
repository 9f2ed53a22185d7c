-- Nobody merges or takes apart clients of the organization while a batch of it is being loaded; taken
-- before any row is locked, which whoever merges may be waiting for. Expects organization_id; held
-- until the transaction ends.
select
  pg_advisory_xact_lock_shared(
    hashtextextended('storeloom clients ' || %(organization_id)s, 0)
  )
