-- Deals of the demo's leads: two thirds closed, rather more won than lost.
-- Expects organization_id, as_of (date). A second run writes nothing.
with planned as (
  select
    n,
    md5(%(organization_id)s || ' demo lead ' || n)::uuid as client_id,
    (
      array[
        'closed_won', 'closed_lost', 'closed_won', 'proposal', 'negotiation', 'closed_won',
        'qualification', 'closed_lost', 'prospecting'
      ]
    )[1 + n %% 9] as stage,
    %(as_of)s::date - (n * 3) * interval '1 day' as opened_at
  from generate_series(1, 120) as n
)

insert into public.crm_deals (
  id, organization_id, client_id, name, deal_value, currency, stage, probability,
  expected_close_date, actual_close_date, created_at
)
select
  md5(%(organization_id)s || ' demo deal ' || p.n)::uuid,
  %(organization_id)s::uuid,
  p.client_id,
  'Bulk order ' || p.n,
  250 + (p.n * 173) %% 4750,
  'EUR',
  p.stage,
  case p.stage when 'closed_won' then 100 when 'closed_lost' then 0 else 10 * (1 + p.n %% 8) end,
  (p.opened_at + interval '45 days')::date,
  case
    when p.stage in ('closed_won', 'closed_lost')
      then least((p.opened_at + (5 + p.n %% 40) * interval '1 day')::date, %(as_of)s::date)
  end,
  p.opened_at
from planned as p
on conflict do nothing
