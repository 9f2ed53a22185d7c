-- People who wrote to the demo's channels.
-- Expects organization_id, as_of (date), and the demo's channels. A second run writes nothing.
insert into public.contacts (
  id, organization_id, channel_id, platform, platform_user_id, name, created_at
)
select
  md5(%(organization_id)s || ' demo contact ' || n)::uuid,
  %(organization_id)s::uuid,
  md5(
    %(organization_id)s || ' demo channel ' || (array['whatsapp', 'webchat'])[1 + n %% 2]
  )::uuid,
  (array['whatsapp', 'webchat'])[1 + n %% 2],
  'demo-user-' || n,
  (array['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia'])[1 + n %% 7],
  %(as_of)s::date - (n * 3) * interval '1 day'
from generate_series(1, 120) as n
on conflict do nothing
