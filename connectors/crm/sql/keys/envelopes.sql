-- Everything that is kept encrypted, of all organizations: whose it is and by which key.
-- Expects nothing. Returns kind, organization_id, id, name, kid; kid null where there is no envelope.
select
  'store' as kind,
  c.organization_id::text as organization_id,
  c.store_id::text as id,
  s.key as name,
  c.envelope ->> 'kid' as kid
from sync.store_credentials as c
inner join sync.stores as s on c.organization_id = s.organization_id and c.store_id = s.id
union all
select
  'channel',
  c.organization_id::text,
  c.id::text,
  c.name,
  c.credentials ->> 'kid'
from public.channels as c
where c.credentials is not null
order by kind desc, name asc, id asc
