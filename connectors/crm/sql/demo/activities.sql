-- The bot's conversations as activities; nine in ten came to an end.
-- Expects organization_id, as_of (date), and the demo's leads. A second run writes nothing.
insert into public.crm_activities (
  id, organization_id, client_id, activity_type, subject, status, created_at, completed_at
)
select
  md5(%(organization_id)s || ' demo activity ' || n)::uuid,
  %(organization_id)s::uuid,
  md5(%(organization_id)s || ' demo lead ' || n)::uuid,
  'chatbot_interaction',
  'Question about delivery',
  case when n %% 10 = 0 then 'pending' else 'completed' end,
  %(as_of)s::date - (n * 3) * interval '1 day',
  case
    when n %% 10 <> 0
      then %(as_of)s::date - (n * 3) * interval '1 day' + (2 + n %% 9) * interval '1 minute'
  end
from generate_series(1, 120) as n
on conflict do nothing
