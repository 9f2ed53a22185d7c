-- Two stores of one organization that meet the same new person at once must not make two clients.
-- Expects organization_id; held until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('storeloom identity ' || %(organization_id)s, 0))
