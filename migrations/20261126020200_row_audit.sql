-- Which run wrote a row, from what payload, and when had the store changed it?

-- The line in sync.loads of the transaction that wrote or marked the record last. No foreign key: it
-- would look up sync.loads once for every row of every load, and want an index on the largest table
-- of ours to ever drop a line. NULL for what was loaded before this column was.
alter table sync.record_map add column load_id bigint;

alter table sync.loads add constraint loads_organization_id_id_key unique (organization_id, id);

create view sync.row_origins
with (security_invoker = true) as
select
  m.organization_id,
  m.store_id,
  s.key as store,
  m.entity,
  m.external_id,
  m.crm_id,
  m.load_id,
  l.run_id,
  l.loaded_at,
  encode(m.content_hash, 'hex') as payload_hash,
  m.source_updated_at,
  m.source_status,
  m.deleted_at,
  m.link_reason
from sync.record_map as m
inner join sync.stores as s on m.organization_id = s.organization_id and m.store_id = s.id
left join sync.loads as l on m.organization_id = l.organization_id and m.load_id = l.id;

comment on view sync.row_origins is
'One line per record of a store and the CRM row it became: the run that wrote it last and when
(NULL: before Storeloom kept this), the hash of the payload it was written from, and when the store
had changed it. A client has one line for each customer or guest it is.';

revoke all on sync.row_origins from public, anon, authenticated, service_role;
