-- Clients of the organization are merged or taken apart by one at a time, and by nobody while a batch
-- is being loaded: a batch that knew a client who is gone by now would be refused for it. Taken
-- before every other lock. Expects organization_id; held until the transaction ends.
select
  pg_advisory_xact_lock(
    hashtextextended('storeloom clients ' || %(organization_id)s, 0)
  )
