-- Who may read the marts: analysts all of them, a member of an organization its rows of each.
--
-- "analyst" is a group, nobody logs in as it: create role anna login password '…' in role analyst.
-- It reads schema marts and the five views, of every organization, and nothing else.
--
-- Members read public.my_<mart>, made like public.my_analytics_* and for the same reasons. dbt makes
-- and rebuilds marts, so a list of them here would be out of date with the next one: after each
-- build dbt calls private.offer_marts(), which goes by what is in schema marts. A mart without
-- organization_id is offered to no member.

-- Roles belong to the whole cluster, so another database may have it already, or be about to. An
-- owner who may not create roles goes on without; the first build after somebody has is enough.
do $$
begin
  if pg_catalog.to_regrole('analyst') is null then
    begin
      create role analyst nologin;
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        raise notice 'no right to create role analyst: have it created, then build the marts';
    end;
  end if;
end
$$;

-- Lets analysts read what there is and what will come. Writes only what is lacking: two builds at
-- once would otherwise fail on the same catalog row.
create function private.offer_to_analysts() returns integer
language plpgsql set search_path = ''
as $$
declare
  v_schema name;
  v_relation regclass;
  v_changes integer := 0;
begin
  if pg_catalog.to_regrole('analyst') is null then
    return 0;
  end if;

  foreach v_schema in array array['marts', 'public']::name [] loop
    if not pg_catalog.has_schema_privilege('analyst', v_schema, 'usage') then
      execute pg_catalog.format('grant usage on schema %I to analyst', v_schema);
      v_changes := v_changes + 1;
    end if;
  end loop;

  if not exists (
    select
    from pg_catalog.pg_default_acl as d
    cross join lateral pg_catalog.aclexplode(d.defaclacl) as a
    where
      d.defaclnamespace = 'marts'::regnamespace
      and d.defaclobjtype = 'r'
      and d.defaclrole = current_user::regrole
      and a.grantee = 'analyst'::regrole
      and a.privilege_type = 'SELECT'
  )
  then
    alter default privileges in schema marts grant select on tables to analyst;
    v_changes := v_changes + 1;
  end if;

  for v_relation in
    select c.oid
    from pg_catalog.pg_class as c
    where
      c.relkind in ('r', 'p', 'v', 'm')
      and (
        c.relnamespace = 'marts'::regnamespace
        or c.relnamespace = 'public'::regnamespace
        and c.relkind = 'm'
        and c.relname in (
          'analytics_deal_metrics', 'analytics_client_metrics', 'analytics_revenue_metrics',
          'analytics_chatbot_effectiveness', 'analytics_channel_performance'
        )
      )
      and not pg_catalog.has_table_privilege('analyst', c.oid, 'select')
    order by c.oid
  loop
    execute pg_catalog.format('grant select on %s to analyst', v_relation);
    v_changes := v_changes + 1;
  end loop;

  return v_changes;
end
$$;

-- Makes public.my_<mart> of one mart, or makes it anew when the mart's columns changed; its words
-- come from the mart. Raises when something else has that name or depends on the old columns.
create function private.offer_to_members(p_mart regclass) returns integer
language plpgsql set search_path = ''
as $$
declare
  v_mark constant text := 'Made by private.offer_marts(); change the mart instead.';
  v_name constant name := (
    select c.relname from pg_catalog.pg_class as c where c.oid = p_mart
  );
  v_my constant name := 'my_' || v_name;
  v_view regclass := pg_catalog.to_regclass(pg_catalog.format('public.%I', v_my));
  v_function regprocedure := pg_catalog.to_regprocedure(
    pg_catalog.format('private.%I()', v_my)
  );
  v_wanted text [];
  v_present text [];
  v_words record;
  v_changes integer := 0;
begin
  select pg_catalog.array_agg(
    pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, null))
    order by a.attnum
  ) into v_wanted
  from pg_catalog.pg_attribute as a
  where a.attrelid = p_mart and a.attnum > 0 and not a.attisdropped;

  select pg_catalog.array_agg(
    pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, null))
    order by a.attnum
  ) into v_present
  from pg_catalog.pg_attribute as a
  where a.attrelid = v_view and a.attnum > 0 and not a.attisdropped;

  if (v_view is not null or v_function is not null)
    and pg_catalog.obj_description(v_function, 'pg_proc') is distinct from v_mark
  then
    raise exception 'public.% or private.% is not ours, so members cannot be offered %',
      v_my, v_my, p_mart
      using errcode = 'duplicate_object',
        hint = 'Rename it, then build again.';
  end if;

  if v_wanted is distinct from v_present then
    if v_view is not null then
      execute pg_catalog.format('drop view %s', v_view);
    end if;
    if v_function is not null then
      execute pg_catalog.format('drop function %s', v_function);
    end if;

    -- The body is a string, which binds no dependency: dbt drops and rebuilds the mart underneath.
    execute pg_catalog.format(
      'create function private.%I() returns table (%s) '
      'language plpgsql stable security definer set search_path = '''' as %L',
      v_my,
      pg_catalog.array_to_string(v_wanted, ', '),
      pg_catalog.format(
        'begin return query select %s from marts.%I as a '
        'where a.organization_id = (select private.my_organization_id()); end',
        (
          select pg_catalog.string_agg(pg_catalog.format('a.%I', a.attname), ', ' order by a.attnum)
          from pg_catalog.pg_attribute as a
          where a.attrelid = p_mart and a.attnum > 0 and not a.attisdropped
        ),
        v_name
      )
    );
    execute pg_catalog.format('comment on function private.%I() is %L', v_my, v_mark);
    execute pg_catalog.format(
      'revoke all on function private.%I() from public, anon, authenticated, service_role', v_my
    );
    execute pg_catalog.format('grant execute on function private.%I() to authenticated', v_my);

    execute pg_catalog.format(
      'create view public.%I with (security_invoker = true) as select my.* from private.%I() as my',
      v_my, v_my
    );
    execute pg_catalog.format(
      'revoke all on public.%I from public, anon, authenticated, service_role', v_my
    );
    execute pg_catalog.format('grant select on public.%I to authenticated', v_my);
    v_view := pg_catalog.to_regclass(pg_catalog.format('public.%I', v_my));
    v_changes := 1;
  end if;

  -- Where the API's users look for what a column means.
  for v_words in
    select
      a.attname,
      d.description as wanted,
      pg_catalog.col_description(v_view, b.attnum) as present
    from pg_catalog.pg_description as d
    inner join pg_catalog.pg_attribute as a
      on a.attrelid = d.objoid and a.attnum = d.objsubid and not a.attisdropped
    inner join pg_catalog.pg_attribute as b on b.attrelid = v_view and b.attname = a.attname
    where d.objoid = p_mart and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid > 0
    union all
    select
      null,
      'Your organization''s rows of ' || v_name || '. '
      || coalesce(pg_catalog.obj_description(p_mart, 'pg_class'), ''),
      pg_catalog.obj_description(v_view, 'pg_class')
  loop
    if v_words.wanted is distinct from v_words.present then
      execute case
        when v_words.attname is null
          then pg_catalog.format('comment on view %s is %L', v_view, v_words.wanted)
        else pg_catalog.format(
          'comment on column %s.%I is %L', v_view, v_words.attname, v_words.wanted
        )
      end;
      v_changes := 1;
    end if;
  end loop;

  return v_changes;
end
$$;

-- Brings all of it in line with what schema marts holds, in the caller's transaction, and returns
-- how much there was to change. Called by dbt at the end of every build.
create function private.offer_marts() returns integer
language plpgsql set search_path = ''
as $$
declare
  v_mark constant text := 'Made by private.offer_marts(); change the mart instead.';
  v_mart regclass;
  v_gone name;
  v_changes integer;
begin
  -- Two builds at once would both make the same view.
  perform pg_catalog.pg_advisory_xact_lock(
    pg_catalog.hashtextextended('storeloom private.offer_marts', 0)
  );
  v_changes := private.offer_to_analysts();

  for v_gone in
    select p.proname
    from pg_catalog.pg_proc as p
    where
      p.pronamespace = 'private'::regnamespace
      and pg_catalog.obj_description(p.oid, 'pg_proc') = v_mark
      and pg_catalog.to_regclass(
        pg_catalog.format('marts.%I', pg_catalog.substr(p.proname, 4))
      ) is null
  loop
    execute pg_catalog.format('drop view if exists public.%I', v_gone);
    execute pg_catalog.format('drop function private.%I()', v_gone);
    v_changes := v_changes + 1;
  end loop;

  for v_mart in
    select c.oid
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_attribute as a
      on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
    where
      c.relnamespace = 'marts'::regnamespace
      and c.relkind in ('r', 'p', 'v', 'm')
      and a.atttypid = 'uuid'::regtype
      -- What dbt builds beside a mart, or has moved aside.
      and c.relname !~ '__(dbt|superseded|mirror)_'
    order by c.relname
  loop
    v_changes := v_changes + private.offer_to_members(v_mart);
  end loop;

  return v_changes;
end
$$;

revoke all on function private.offer_to_analysts()
from public, anon, authenticated, service_role;
revoke all on function private.offer_to_members(regclass)
from public, anon, authenticated, service_role;
revoke all on function private.offer_marts()
from public, anon, authenticated, service_role;

select private.offer_marts();
