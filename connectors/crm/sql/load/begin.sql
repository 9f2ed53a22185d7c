-- Signs the transaction: "storeloom.writer" tells triggers that its writes are no person's edits.
-- Expects organization_id, run_id. Returns the id that the transaction's line in sync.loads will have.
select
  nextval(pg_get_serial_sequence('sync.loads', 'id')) as load_id,
  set_config('storeloom.writer', %(run_id)s, true) as writer
