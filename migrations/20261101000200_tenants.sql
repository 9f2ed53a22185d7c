-- Organizations, their people, and the one question every policy asks: whose rows are these?

create table public.organizations (
  id uuid primary key default extensions.uuid_generate_v4(),
  name text not null,
  created_at timestamptz not null default now(),
  -- Every amount that analytics report is converted to this currency.
  reporting_currency text not null default 'USD',
  constraint organizations_reporting_currency_check check (reporting_currency ~ '^[A-Z]{3}$')
);

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  organization_id uuid not null references public.organizations (id) on delete cascade,
  full_name text,
  role text not null default 'admin',
  -- Parents carry this key so that a reference can name the organization too: a foreign key is
  -- checked without row security, and a simple one would accept another tenant's id.
  constraint profiles_organization_id_id_key unique (organization_id, id)
);

alter table public.organizations enable row level security;
alter table public.profiles enable row level security;

-- With the owner's rights: a policy on profiles that asked for the organization by way of profiles
-- would recurse without end as soon as colleagues may see one another.
create function private.my_organization_id() returns uuid
language sql stable security definer set search_path = ''
as $$
  select p.organization_id from public.profiles as p where p.id = auth.uid()
$$;

-- A RETURN body is bound when it is created, so callers need no usage on schema private.
create function public.get_my_organization_id() returns uuid
language sql stable set search_path = ''
return private.my_organization_id();

-- Refuse a caller who is neither a member of the organization nor on the service side.
--
-- Comparing with "<>" is no guard: without a profile the comparison is NULL, and NULL passes.
-- Inside a definer function current_user is the owner, so the caller is read from the setting
-- "role" that PostgREST makes, and from the session where nothing was set.
create function private.assert_org_access(p_org uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_role text := pg_catalog.current_setting('role');
  v_caller name := case when v_role = 'none' then session_user else v_role end;
begin
  if p_org is not null and p_org = private.my_organization_id() then
    return;
  end if;

  if pg_catalog.pg_has_role(v_caller, 'service_role', 'member')
    or pg_catalog.pg_has_role(v_caller, current_user, 'member')
  then
    return;
  end if;

  raise exception 'not a member of organization %', p_org using errcode = '42501';
end
$$;

revoke all on function private.my_organization_id() from public, anon, authenticated;
revoke all on function private.assert_org_access(uuid) from public, anon, authenticated;
revoke all on function public.get_my_organization_id() from public, anon, authenticated;

-- The public function runs as its caller, who therefore needs to execute what it calls.
grant execute on function private.my_organization_id() to authenticated, service_role;
grant execute on function public.get_my_organization_id() to authenticated, service_role;
