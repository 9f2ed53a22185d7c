-- Sign-up, and the first channel.

-- Runs inside the auth service's own transaction, as a role with no rights here: an error would
-- refuse the sign-up. E-mail is NULL for phone and anonymous sign-ins, hence the fallbacks. The
-- user writes raw_user_meta_data himself, so nothing but a display name is taken from it.
create function public.handle_new_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_organization_id uuid;
begin
  insert into public.organizations (name)
  values (
    coalesce(nullif(new.email, ''), nullif(new.phone, ''), 'New user') || '''s organization'
  )
  returning id into v_organization_id;

  insert into public.profiles (id, organization_id, full_name)
  values (
    new.id, v_organization_id, nullif(btrim(new.raw_user_meta_data ->> 'full_name'), '')
  );

  return new;
end
$$;

create trigger on_auth_user_created
after insert on auth.users
for each row execute function public.handle_new_user();

-- The channel starts inactive: platform_channel_id is unique across all tenants, and nobody may
-- receive a page's messages by naming it before its credentials were checked with the platform.
create function public.create_channel_and_config(
  channel_name text, channel_platform text, platform_id text
) returns jsonb
language plpgsql security invoker set search_path = ''
as $$
declare
  v_organization_id uuid := public.get_my_organization_id();
  v_channel_id uuid;
begin
  if v_organization_id is null then
    raise exception 'only a member of an organization can create a channel'
      using errcode = '42501';
  end if;

  insert into public.channels (organization_id, name, platform, platform_channel_id, is_active)
  values (v_organization_id, channel_name, channel_platform, nullif(platform_id, ''), false)
  returning id into v_channel_id;

  insert into public.channel_configurations (organization_id, channel_id)
  values (v_organization_id, v_channel_id);

  return jsonb_build_object('id', v_channel_id, 'organization_id', v_organization_id);
end
$$;

revoke all on function public.handle_new_user() from public, anon, authenticated;
revoke all on function public.create_channel_and_config(text, text, text)
from public, anon, authenticated;

grant execute on function public.create_channel_and_config(text, text, text)
to authenticated, service_role;
