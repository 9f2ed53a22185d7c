-- Which columns hold clients' ids? Those with a foreign key to crm_clients, and the ledger of edits,
-- which outlives its rows. Catalogue only: no tenant's rows are read, so no organization_id.
-- Returns schema, table, column, primary key, whether the column is part of a unique key.
select
  c.connamespace::regnamespace::text as schema_name,
  r.relname as table_name,
  a.attname as column_name,
  (
    select array_agg(k.attname::text order by k.attnum)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as k
      on i.indrelid = k.attrelid and k.attnum = any(i.indkey)
    where i.indrelid = c.conrelid and i.indisprimary
  ) as key_columns,
  (
    select count(*) > 0
    from pg_catalog.pg_index as i
    where i.indrelid = c.conrelid and i.indisunique and a.attnum = any(i.indkey)
  ) as is_keyed
from pg_catalog.pg_constraint as c
inner join pg_catalog.pg_class as r on c.conrelid = r.oid
-- (organization_id, client): the column that stands for crm_clients.id.
cross join lateral unnest(c.conkey, c.confkey) as f (own, other)
inner join pg_catalog.pg_attribute as a on c.conrelid = a.attrelid and f.own = a.attnum
inner join pg_catalog.pg_attribute as o on c.confrelid = o.attrelid and f.other = o.attnum
where
  c.contype = 'f'
  and c.confrelid = 'public.crm_clients'::regclass
  and c.conparentid = 0
  and o.attname = 'id'
union all
select
  'sync',
  'field_edits',
  'row_id',
  array['id'],
  false
order by schema_name, table_name, column_name
