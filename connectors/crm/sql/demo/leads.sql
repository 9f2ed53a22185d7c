-- People who asked and have not bought yet, so that the sales views have something to show.
-- Expects organization_id, as_of (date). Ids are made of the organization and a number: a second run
-- writes nothing.
insert into public.crm_clients (
  id, organization_id, client_type, company_name, full_name, email, source, lifecycle_stage,
  lead_score, created_at
)
select
  md5(%(organization_id)s || ' demo lead ' || n)::uuid,
  %(organization_id)s::uuid,
  'lead',
  (array['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir'])[1 + n %% 6] || ' Trading ' || n,
  (array['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia'])[1 + n %% 7] || ' '
  || (array['Moss', 'Reed', 'Stone', 'Vale', 'Wood'])[1 + n %% 5],
  'lead' || n || '@demo.storeloom.example',
  (array['website', 'chatbot', 'referral', null])[1 + n %% 4],
  (array['lead', 'mql', 'opportunity'])[1 + n %% 3],
  (n * 37) %% 101,
  %(as_of)s::date - (n * 3) * interval '1 day'
from generate_series(1, 120) as n
on conflict do nothing
