-- Expects run_id, organization_id. Signs the transaction: triggers take its writes for no person's
-- edits. And holds the organization, so that its reporting currency is the same until it ends.
select
  set_config('storeloom.writer', %(run_id)s, true) as writer,
  (
    select o.reporting_currency
    from public.organizations as o
    where o.id = %(organization_id)s
    for share
  ) as reporting_currency
