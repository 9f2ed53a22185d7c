-- Expects a store of organization_id, under the lock of its stores. Returns the store's id.
--
-- The prefixes are decided when the store is new and never again: its records carry them. An
-- order-number prefix follows the id prefix, so that both shops may have their #1001.
with others as (
  select case when count(*) > 0 then %(key)s || ':' else '' end as prefix
  from sync.stores as s
  where s.organization_id = %(organization_id)s
)

insert into sync.stores as s (
  organization_id, key, platform, base_url, currency, time_zone, id_prefix, order_number_prefix,
  settings
)
select
  %(organization_id)s,
  %(key)s,
  %(platform)s,
  %(base_url)s,
  %(currency)s,
  %(time_zone)s,
  coalesce(%(id_prefix)s::text, others.prefix),
  coalesce(%(order_number_prefix)s::text, others.prefix),
  %(settings)s
from others
on conflict (key) do update set
  platform = excluded.platform,
  base_url = excluded.base_url,
  currency = coalesce(excluded.currency, s.currency),
  time_zone = coalesce(excluded.time_zone, s.time_zone),
  settings = excluded.settings,
  status = 'active',
  updated_at = now()
where s.organization_id = excluded.organization_id
returning s.id::text
