-- Expects run_id. Signs the transaction: triggers take its writes for no person's edits.
select set_config('storeloom.writer', %(run_id)s, true) as writer
