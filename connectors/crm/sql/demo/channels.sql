-- The chat channels of the demo.
-- Expects organization_id, as_of (date). A second run writes nothing.
insert into public.channels (id, organization_id, name, platform, platform_channel_id, created_at)
select
  md5(%(organization_id)s || ' demo channel ' || c.platform)::uuid,
  %(organization_id)s::uuid,
  c.name,
  c.platform,
  'demo-' || c.platform || '-' || %(organization_id)s,
  %(as_of)s::date - interval '400 days'
from (values ('whatsapp', 'WhatsApp'), ('webchat', 'Website chat')) as c (platform, name)
on conflict do nothing
