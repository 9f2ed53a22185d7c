-- Hold one name's lock until the end of the transaction. Names carry the organization_id.
select pg_advisory_xact_lock(hashtextextended('storeloom ' || %(name)s, 0))
