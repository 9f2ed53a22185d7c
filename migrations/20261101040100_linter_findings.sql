-- What Supabase's linter would say about schema sync. Nobody but the owner may enter it; this is
-- the second lock, for the day somebody grants usage on it or lists it among the exposed schemas.

-- Row security without a policy reads like a table that was forgotten.
do $$
declare
  state_table name;
begin
  for state_table in
    select c.relname
    from pg_catalog.pg_class as c
    where
      c.relnamespace = 'sync'::regnamespace
      and c.relkind in ('r', 'p')
      and c.relrowsecurity
      and not exists (select from pg_catalog.pg_policy as p where p.polrelid = c.oid)
    order by c.relname
  loop
    execute pg_catalog.format(
      'create policy %I on sync.%I for all to service_role using (true) with check (true)',
      'The service side manages everything', state_table
    );
  end loop;
end
$$;

-- One value a store, so the duplicates fold into a few pages.
create index idx_record_map_organization_store on sync.record_map (organization_id, store_id);

-- Its natural key holds NULLs, which a primary key may not.
alter table sync.win_rates add column id bigint generated always as identity primary key;
