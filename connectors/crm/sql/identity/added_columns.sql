-- Which columns have been added to crm_clients by others? Expects ours. Those that hold another
-- client's id are references (references.sql), and what the database makes by itself nobody writes.
-- Catalogue only: no tenant's rows are read, so no organization_id. Returns column.
select a.attname as column_name
from pg_catalog.pg_attribute as a
where
  a.attrelid = 'public.crm_clients'::regclass
  and a.attnum > 0
  and not a.attisdropped
  and a.attgenerated = ''
  and a.attidentity = ''
  and a.attname <> all(%(ours)s::text [])
  and not exists (
    select
    from pg_catalog.pg_constraint as c
    where
      c.conrelid = a.attrelid
      and c.contype = 'f'
      and c.confrelid = a.attrelid
      and a.attnum = any(c.conkey)
  )
order by a.attnum
