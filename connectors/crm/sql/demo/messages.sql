-- What was said: the person asks, the bot answers, now and then somebody of the staff.
-- Expects organization_id, as_of (date), and the demo's contacts. A second run writes nothing.
insert into public.messages (
  id, organization_id, channel_id, contact_id, sender_type, text_content, sent_at
)
select
  md5(%(organization_id)s || ' demo message ' || n || ' ' || m)::uuid,
  %(organization_id)s::uuid,
  md5(
    %(organization_id)s || ' demo channel ' || (array['whatsapp', 'webchat'])[1 + n %% 2]
  )::uuid,
  md5(%(organization_id)s || ' demo contact ' || n)::uuid,
  (array['user', 'ai', 'user', 'agent'])[m],
  (
    array[
      'Do you deliver to my address?', 'We do, within three days.', 'And can I return it?',
      'Of course, within a month.'
    ]
  )[m],
  %(as_of)s::date - (n * 3) * interval '1 day' + m * interval '4 minutes'
from generate_series(1, 120) as n
cross join generate_series(1, 4) as m
where m < 4 or n %% 3 = 0
on conflict do nothing
