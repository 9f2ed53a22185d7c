-- Signs the transaction: "storeloom.writer" tells triggers that its writes are no person's edits.
-- Expects organization_id, run_id. Returns the id that the transaction's line in sync.loads will have.
--
-- The organization is held before anything else: another reporting currency waits until the orders
-- that are rated here can be rated again, or we wait for it and read the new one.
select
  nextval(pg_get_serial_sequence('sync.loads', 'id')) as load_id,
  set_config('storeloom.writer', %(run_id)s, true) as writer,
  (
    select o.reporting_currency
    from public.organizations as o
    where o.id = %(organization_id)s
    for share
  ) as reporting_currency
