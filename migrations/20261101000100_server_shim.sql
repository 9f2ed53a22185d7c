-- What Supabase brings and a plain PostgreSQL lacks: the extension schema, the three API roles and
-- the auth schema. Every step is guarded by existence, never "create or replace": on Supabase these
-- objects belong to other roles, and touching them is refused or merely warned about.

create schema if not exists extensions;

-- Column defaults name extensions.uuid_generate_v4(). Where uuid-ossp is missing, or sits in
-- another schema, a wrapper of that name does the same; it has no SET clause so that it is
-- inlined.
do $$
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'uuid-ossp')
    and exists (select from pg_catalog.pg_available_extensions where name = 'uuid-ossp')
  then
    begin
      create extension "uuid-ossp" with schema extensions;
    exception
      when insufficient_privilege then
        raise notice 'no right to create uuid-ossp: gen_random_uuid() serves instead';
    end;
  end if;

  if pg_catalog.to_regprocedure('extensions.uuid_generate_v4()') is null then
    create function extensions.uuid_generate_v4() returns uuid
    language sql volatile parallel safe
    as 'select pg_catalog.gen_random_uuid()';
  end if;
end
$$;

-- Roles belong to the whole cluster: two databases migrated at once race for them, and the loser
-- meets either of two errors depending on how far the winner got.
do $$
begin
  if pg_catalog.to_regrole('anon') is null then
    begin
      create role anon nologin noinherit;
    exception
      when duplicate_object or unique_violation then null;
    end;
  end if;

  if pg_catalog.to_regrole('authenticated') is null then
    begin
      create role authenticated nologin noinherit;
    exception
      when duplicate_object or unique_violation then null;
    end;
  end if;

  if pg_catalog.to_regrole('service_role') is null then
    begin
      create role service_role nologin noinherit bypassrls;
    exception
      when duplicate_object or unique_violation then null;
      -- Only a role that has BYPASSRLS can hand it on. Without it the row security file writes
      -- service_role a policy of its own.
      when insufficient_privilege then
        begin
          create role service_role nologin noinherit;
        exception
          when duplicate_object or unique_violation then null;
        end;
    end;
  end if;
end
$$;

-- The columns are those the auth service of Supabase fills at sign-up; the functions read the
-- claims that PostgREST sets. A custom setting is '' after the transaction that set it, not NULL.
do $shim$
begin
  if pg_catalog.to_regclass('auth.users') is not null then
    return;
  end if;

  create schema if not exists auth;

  create table auth.users (
    instance_id uuid,
    id uuid primary key,
    aud varchar(255),
    role varchar(255),
    email varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    phone text unique,
    phone_confirmed_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz,
    updated_at timestamptz,
    banned_until timestamptz,
    is_sso_user boolean not null default false,
    deleted_at timestamptz,
    is_anonymous boolean not null default false
  );

  create unique index users_email_partial_key on auth.users (email) where not is_sso_user;

  alter table auth.users enable row level security;
  revoke all on auth.users from public, anon, authenticated, service_role;

  create function auth.uid() returns uuid language sql stable as $$
    select coalesce(
      nullif(pg_catalog.current_setting('request.jwt.claim.sub', true), ''),
      nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
  $$;

  create function auth.role() returns text language sql stable as $$
    select coalesce(
      nullif(pg_catalog.current_setting('request.jwt.claim.role', true), ''),
      nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
  $$;

  create function auth.email() returns text language sql stable as $$
    select coalesce(
      nullif(pg_catalog.current_setting('request.jwt.claim.email', true), ''),
      nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )
  $$;

  create function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(
      nullif(pg_catalog.current_setting('request.jwt.claim', true), ''),
      nullif(pg_catalog.current_setting('request.jwt.claims', true), '')
    )::jsonb
  $$;

  grant usage on schema auth to anon, authenticated, service_role;
end
$shim$;

-- Elsewhere the owner has done this already, and doing it again would only warn.
do $$
declare
  shared name;
begin
  for shared in
    select n.nspname
    from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'extensions')
      and pg_catalog.pg_has_role(current_user, n.nspowner, 'usage')
  loop
    execute pg_catalog.format(
      'grant usage on schema %I to anon, authenticated, service_role', shared
    );
  end loop;
end
$$;

-- sync: our own state. private: helpers that run with the owner's rights. staging and marts: dbt's.
-- The API roles get no usage on any of them.
create schema if not exists sync;
create schema if not exists private;
create schema if not exists staging;
create schema if not exists marts;

revoke all on schema sync, private, staging, marts from public, anon, authenticated, service_role;

-- Older Supabase projects hand every new relation and function to the API roles, TRUNCATE (which
-- ignores row security) included; newer ones hand out nothing. Neither is relied on: from here on
-- nothing is granted by default, so that a view dbt rebuilds does not become readable again.
alter default privileges in schema public revoke all on tables from anon, authenticated;
alter default privileges in schema public revoke all on sequences from anon, authenticated;
alter default privileges in schema public revoke all on functions from anon, authenticated;
