-- One at a time may write an organization's predictions; the other waits, and then finds them equal.
-- Expects %(organization_id)s. Held until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('storeloom ltv ' || %(organization_id)s, 0))
