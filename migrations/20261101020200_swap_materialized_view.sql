-- Putting a rebuilt materialized view in the place of the old one, for dbt's macro of the same name.
--
-- PostgreSQL cannot change the query of a materialized view. Dropping it first locks its readers out
-- for as long as the new query takes, and CASCADE takes views over it and every grant along without
-- a word. Here the new one is complete before the old one goes, and what depended on the old one, or
-- was allowed to read it, is as before. All in the caller's transaction: nobody sees a state between.

-- Gives a relation exactly the privileges in `p_wanted` (an aclitem array; NULL is the owner alone).
create function private.copy_privileges(p_wanted aclitem [], p_relation regclass) returns void
language plpgsql set search_path = ''
as $$
declare
  v_privilege record;
begin
  for v_privilege in
    select distinct a.grantee
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    where c.oid = p_relation and a.grantee <> c.relowner
  loop
    execute pg_catalog.format(
      'revoke all on %s from %s',
      p_relation,
      case when v_privilege.grantee = 0 then 'public' else v_privilege.grantee::regrole::text end
    );
  end loop;

  for v_privilege in
    select a.grantee, a.privilege_type, a.is_grantable
    from pg_catalog.aclexplode(p_wanted) as a
    cross join pg_catalog.pg_class as c
    where c.oid = p_relation and a.grantee <> c.relowner
  loop
    execute pg_catalog.format(
      'grant %s on %s to %s%s',
      v_privilege.privilege_type,
      p_relation,
      case when v_privilege.grantee = 0 then 'public' else v_privilege.grantee::regrole::text end,
      case when v_privilege.is_grantable then ' with grant option' else '' end
    );
  end loop;
end
$$;

-- Renames `p_new` to the name of `p_old`, which goes. Index names follow the pattern idx_<view>.
-- Raises when something other than a view depends on the old one, when a dependent view does not fit
-- the new columns, or when readers do not let go of the old one within about half a minute.
create function private.swap_materialized_view(p_new regclass, p_old regclass) returns void
language plpgsql set search_path = ''
as $$
declare
  v_dependents jsonb;
  v_dependent jsonb;
  v_privileges aclitem [];
  v_schema text;
  v_old_name text;
  v_new_name text;
  v_index record;
  v_comment record;
  v_lock_timeout constant text := pg_catalog.current_setting('lock_timeout');
  v_attempts integer := 0;
begin
  select n.nspname, c.relname, c.relacl into v_schema, v_old_name, v_privileges
  from pg_catalog.pg_class as c
  inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where c.oid = p_old and c.relkind = 'm';

  select c.relname into v_new_name
  from pg_catalog.pg_class as c
  where c.oid = p_new and c.relkind = 'm';

  if v_old_name is null or v_new_name is null then
    raise exception 'both % and % must be materialized views', p_new, p_old
      using errcode = '42809';
  end if;

  -- Views over the old one, views over those, and so on; the deepest level wins for a view that is
  -- reached twice, so that it is dropped first and made last.
  with recursive above as (
    select p_old::oid as id, 0 as depth
    union
    select r.ev_class, above.depth + 1
    from above
    inner join pg_catalog.pg_depend as d
      on d.refclassid = 'pg_catalog.pg_class'::regclass
      and d.refobjid = above.id
      and d.classid = 'pg_catalog.pg_rewrite'::regclass
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid and r.ev_class <> above.id
  ),
  dependents as (
    select above.id, max(above.depth) as depth
    from above
    inner join pg_catalog.pg_class as c on c.oid = above.id and c.relkind = 'v'
    group by above.id
  )
  select
    coalesce(
      pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object(
          'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
          'query', pg_catalog.pg_get_viewdef(c.oid),
          'options', pg_catalog.array_to_string(c.reloptions, ', '),
          'owner', c.relowner::regrole::text,
          'privileges', c.relacl::text,
          'comments', (
            select pg_catalog.jsonb_agg(
              pg_catalog.jsonb_build_object('column', a.attname, 'words', s.description)
            )
            from pg_catalog.pg_description as s
            left join pg_catalog.pg_attribute as a
              on a.attrelid = s.objoid and a.attnum = s.objsubid and s.objsubid > 0
            where s.objoid = c.oid and s.classoid = 'pg_catalog.pg_class'::regclass
          )
        )
        order by dependents.depth
      ),
      '[]'::jsonb
    )
  into v_dependents
  from dependents
  inner join pg_catalog.pg_class as c on c.oid = dependents.id
  inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace;

  perform private.copy_privileges(v_privileges, p_new);

  -- A drop queues behind the readers of this moment, and every later reader queues behind the drop.
  -- Giving up quickly and trying again bounds what a reader can wait, however long another reads.
  perform pg_catalog.set_config('lock_timeout', '300ms', true);
  loop
    begin
      for v_dependent in
        select e.value
        from pg_catalog.jsonb_array_elements(v_dependents) with ordinality as e (value, place)
        order by e.place desc
      loop
        execute pg_catalog.format('drop view %s', v_dependent ->> 'name');
      end loop;
      execute pg_catalog.format('drop materialized view %s', p_old);
      exit;
    exception
      when lock_not_available then
        v_attempts := v_attempts + 1;
        if v_attempts >= 60 then
          raise exception 'cannot replace %.%: it is being read without a pause. End the query '
            'that holds it (see pg_stat_activity) and build again', v_schema, v_old_name
            using errcode = '55P03';
        end if;
        perform pg_catalog.pg_sleep(0.2);
    end;
  end loop;
  perform pg_catalog.set_config('lock_timeout', v_lock_timeout, true);

  execute pg_catalog.format('alter materialized view %s rename to %I', p_new, v_old_name);

  for v_index in
    select i.indexrelid::regclass as index_name, c.relname
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where i.indrelid = p_new and pg_catalog.strpos(c.relname, v_new_name) > 0
  loop
    execute pg_catalog.format(
      'alter index %s rename to %I',
      v_index.index_name,
      pg_catalog.replace(v_index.relname, v_new_name, v_old_name)
    );
  end loop;

  for v_dependent in
    select e.value
    from pg_catalog.jsonb_array_elements(v_dependents) with ordinality as e (value, place)
    order by e.place
  loop
    execute pg_catalog.format(
      'create view %s%s as %s',
      v_dependent ->> 'name',
      ' with (' || nullif(v_dependent ->> 'options', '') || ')',
      v_dependent ->> 'query'
    );
    execute pg_catalog.format(
      'alter view %s owner to %s', v_dependent ->> 'name', v_dependent ->> 'owner'
    );
    perform private.copy_privileges(
      (v_dependent ->> 'privileges')::aclitem [], (v_dependent ->> 'name')::regclass
    );

    for v_comment in
      select e.value ->> 'column' as column_name, e.value ->> 'words' as words
      from pg_catalog.jsonb_array_elements(
        coalesce(nullif(v_dependent -> 'comments', 'null'::jsonb), '[]'::jsonb)
      ) as e (value)
    loop
      execute case
        when v_comment.column_name is null
          then pg_catalog.format(
            'comment on view %s is %L', v_dependent ->> 'name', v_comment.words
          )
        else pg_catalog.format(
          'comment on column %s.%I is %L',
          v_dependent ->> 'name', v_comment.column_name, v_comment.words
        )
      end;
    end loop;
  end loop;
end
$$;

revoke all on function private.copy_privileges(aclitem [], regclass)
from public, anon, authenticated, service_role;
revoke all on function private.swap_materialized_view(regclass, regclass)
from public, anon, authenticated, service_role;
