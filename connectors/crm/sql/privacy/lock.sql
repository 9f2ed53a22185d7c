-- Erasing changes who is who: no batch of the organization may be half-way with its people meanwhile,
-- nor may two erasures cross. Expects organization_id; held until the transaction ends.
select
  pg_advisory_xact_lock(hashtextextended('storeloom clients ' || %(organization_id)s, 0)) as one,
  pg_advisory_xact_lock(hashtextextended('storeloom identity ' || %(organization_id)s, 0)) as two
