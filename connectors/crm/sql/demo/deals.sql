-- Deals of the demo's leads, as they were opened; deal_moves.sql moves them on.
-- Expects organization_id, as_of (date). A second run writes nothing.
insert into public.crm_deals (
  id, organization_id, client_id, name, deal_value, currency, stage, probability,
  expected_close_date, created_at, stage_changed_at
)
select
  md5(%(organization_id)s || ' demo deal ' || n)::uuid,
  %(organization_id)s::uuid,
  md5(%(organization_id)s || ' demo lead ' || n)::uuid,
  'Bulk order ' || n,
  250 + (n * 173) %% 4750,
  'EUR',
  'prospecting',
  10,
  (%(as_of)s::date - n * 3 + 45),
  %(as_of)s::date - (n * 3) * interval '1 day',
  %(as_of)s::date - (n * 3) * interval '1 day'
from generate_series(1, 120) as n
on conflict do nothing
