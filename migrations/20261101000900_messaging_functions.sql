-- Contacts follow their messages, and every new contact is a client.

-- Recomputed, not counted up: a backfilled old message must not move the last interaction back, and
-- reading, moving and deleting messages must count as well. Once a statement, not once a message:
-- deleting one organization with 4,000 messages took minutes the other way.
create function public.update_contact_summary_on_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_contacts uuid[];
begin
  -- A trigger with transition tables serves one event only, so only one of the names exists.
  if tg_op = 'INSERT' then
    select array_agg(distinct n.contact_id) into v_contacts from new_messages as n;
  elsif tg_op = 'DELETE' then
    select array_agg(distinct o.contact_id) into v_contacts from old_messages as o;
  else
    select array_agg(distinct m.contact_id) into v_contacts
    from (
      select n.contact_id from new_messages as n
      union all
      select o.contact_id from old_messages as o
    ) as m;
  end if;

  if v_contacts is null then
    return null;
  end if;

  -- In id order, so that two batches cannot wait for one another; and before reading, so that of
  -- two concurrent messages the second counts the first. The weaker lock does not clash with the
  -- key share lock that either sender already holds through the foreign key.
  perform c.id
  from public.contacts as c
  where c.id = any(v_contacts)
  order by c.id
  for no key update;

  update public.contacts as c
  set
    last_interaction_at = s.last_interaction_at,
    last_message_preview = s.last_message_preview,
    unread_count = s.unread_count
  from (
    select
      k.id,
      k.organization_id,
      coalesce(latest.sent_at, k.created_at) as last_interaction_at,
      latest.preview as last_message_preview,
      (
        select count(*)::integer
        from public.messages as u
        where
          u.organization_id = k.organization_id
          and u.contact_id = k.id
          and u.sender_type = 'user'
          and not u.is_read_by_agent
      ) as unread_count
    from public.contacts as k
    left join lateral (
      select
        m.sent_at,
        left(coalesce(nullif(m.text_content, ''), '[' || m.content_type || ']'), 100) as preview
      from public.messages as m
      where m.organization_id = k.organization_id and m.contact_id = k.id
      order by m.sent_at desc, m.id desc
      limit 1
    ) as latest on true
    where k.id = any(v_contacts)
  ) as s
  where
    c.id = s.id
    and c.organization_id = s.organization_id
    and (c.last_interaction_at, c.last_message_preview, c.unread_count)
    is distinct from (s.last_interaction_at, s.last_message_preview, s.unread_count);

  return null;
end
$$;

create trigger messages_summary_trigger
after insert on public.messages
referencing new table as new_messages
for each statement execute function public.update_contact_summary_on_message();

create trigger messages_summary_trigger_upd
after update on public.messages
referencing old table as old_messages new table as new_messages
for each statement execute function public.update_contact_summary_on_message();

create trigger messages_summary_trigger_del
after delete on public.messages
referencing old table as old_messages
for each statement execute function public.update_contact_summary_on_message();

-- Someone known already, by platform id or (on WhatsApp, whose ids are phone numbers) by phone, is
-- linked; a deleted and re-created contact would otherwise leave two clients for one person.
create function public.create_client_on_new_contact() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_client_id uuid;
  v_number text := ltrim(new.platform_user_id, '+');
begin
  select c.id into v_client_id
  from public.crm_clients as c
  where
    c.organization_id = new.organization_id
    and c.contact_id is null
    and c.platform_user_id = new.platform_user_id
  order by c.created_at, c.id
  limit 1
  for update;

  if v_client_id is null and lower(new.platform) = 'whatsapp' then
    select c.id into v_client_id
    from public.crm_clients as c
    where
      c.organization_id = new.organization_id
      and c.contact_id is null
      and c.phone in (v_number, '+' || v_number)
    order by c.created_at, c.id
    limit 1
    for update;
  end if;

  if v_client_id is not null then
    update public.crm_clients as c
    set
      contact_id = new.id,
      platform_user_id = coalesce(c.platform_user_id, new.platform_user_id),
      full_name = coalesce(c.full_name, new.name)
    where c.organization_id = new.organization_id and c.id = v_client_id;
    return null;
  end if;

  insert into public.crm_clients (
    organization_id, contact_id, platform_user_id, full_name, source, first_contact_date
  )
  values (
    new.organization_id, new.id, new.platform_user_id, new.name, new.platform, new.created_at
  )
  on conflict (contact_id) do nothing;

  return null;
end
$$;

create trigger on_new_contact_create_client
after insert on public.contacts
for each row execute function public.create_client_on_new_contact();

-- As the caller, never the owner: row security is what keeps other tenants' contacts out of it.
create function public.get_contacts_for_channel(p_channel_id uuid, p_search_term text default '')
returns table (
  id uuid,
  organization_id uuid,
  channel_id uuid,
  platform text,
  platform_user_id text,
  name text,
  avatar_url text,
  ai_enabled boolean,
  last_interaction_at timestamptz,
  last_message_preview text,
  unread_count integer,
  created_at timestamptz,
  updated_at timestamptz,
  crm_client_id uuid
)
language plpgsql stable security invoker set search_path = ''
as $$
declare
  -- What the user typed is text, so the wildcards in it stand for themselves.
  v_pattern text := '%' || replace(replace(replace(
    coalesce(p_search_term, ''), '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
  return query
  select
    c.id,
    c.organization_id,
    c.channel_id,
    c.platform,
    c.platform_user_id,
    c.name,
    c.avatar_url,
    c.ai_enabled,
    c.last_interaction_at,
    c.last_message_preview,
    c.unread_count,
    c.created_at,
    c.updated_at,
    k.id
  from public.contacts as c
  left join public.crm_clients as k
    on k.organization_id = c.organization_id and k.contact_id = c.id
  where
    c.channel_id = p_channel_id
    and (c.name ilike v_pattern or c.platform_user_id ilike v_pattern)
  order by c.unread_count desc, c.last_interaction_at desc nulls last, c.id
  limit 100;
end
$$;

-- Ready but switched off, as documented: it doubles what the chatbot already logs.
create function public.create_activity_from_message() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.sender_type = 'ai' then
    insert into public.crm_activities (
      organization_id, client_id, message_id, activity_type, subject, description, status,
      completed_at, created_at
    )
    select
      new.organization_id, c.id, new.id, 'chatbot_interaction', 'Answered by the assistant',
      new.text_content, 'completed', new.sent_at, new.sent_at
    from public.crm_clients as c
    where c.organization_id = new.organization_id and c.contact_id = new.contact_id;
  end if;

  return null;
end
$$;

create trigger trigger_create_activity_from_message
after insert on public.messages
for each row execute function public.create_activity_from_message();

alter table public.messages disable trigger trigger_create_activity_from_message;

revoke all on function public.update_contact_summary_on_message() from public, anon, authenticated;
revoke all on function public.create_client_on_new_contact() from public, anon, authenticated;
revoke all on function public.create_activity_from_message() from public, anon, authenticated;
revoke all on function public.get_contacts_for_channel(uuid, text) from public, anon, authenticated;

grant execute on function public.get_contacts_for_channel(uuid, text)
to authenticated, service_role;
