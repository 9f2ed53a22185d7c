-- Clients follow their orders and activities; deals remember their stages; rows know their last
-- change.

create function public.update_updated_at() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

create trigger trigger_crm_clients_updated_at
before update on public.crm_clients
for each row execute function public.update_updated_at();

create trigger trigger_crm_products_updated_at
before update on public.crm_products
for each row execute function public.update_updated_at();

create trigger trigger_crm_orders_updated_at
before update on public.crm_orders
for each row execute function public.update_updated_at();

create trigger trigger_crm_activities_updated_at
before update on public.crm_activities
for each row execute function public.update_updated_at();

create trigger trigger_crm_notes_updated_at
before update on public.crm_notes
for each row execute function public.update_updated_at();

-- These have the column without a documented trigger; incremental models would miss their changes.
create trigger trigger_crm_deals_updated_at
before update on public.crm_deals
for each row execute function public.update_updated_at();

create trigger trigger_contacts_updated_at
before update on public.contacts
for each row execute function public.update_updated_at();

create trigger trigger_channel_configurations_updated_at
before update on public.channel_configurations
for each row execute function public.update_updated_at();

-- An order in the reporting currency needs no rate table: whoever writes it without a rate gets 1.
-- Any other currency keeps NULL until a rate is known, and a rate never outlives its currency.
create function private.fill_exchange_rate() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.exchange_rate := (
    select 1
    from public.organizations as o
    where o.id = new.organization_id and o.reporting_currency = new.currency
  );
  return new;
end
$$;

create trigger trigger_fill_exchange_rate
before insert on public.crm_orders
for each row
when (new.exchange_rate is null)
execute function private.fill_exchange_rate();

create trigger trigger_fill_exchange_rate_upd
before update on public.crm_orders
for each row
when (
  old.currency is distinct from new.currency
  and old.exchange_rate is not distinct from new.exchange_rate
)
execute function private.fill_exchange_rate();

-- Recompute the totals of every client whose orders changed, once a statement.
--
-- Row by row, 20,000 orders of 200 clients cost 20,000 client updates; it never fired on delete or
-- on a changed client, and of two concurrent orders it lost one.
create function public.update_client_revenue() returns trigger
language plpgsql set search_path = ''
as $$
declare
  v_clients uuid[];
begin
  -- A trigger with transition tables serves one event only, so only one of the names exists.
  if tg_op = 'INSERT' then
    select array_agg(distinct n.client_id) into v_clients from new_orders as n;
  elsif tg_op = 'DELETE' then
    select array_agg(distinct o.client_id) into v_clients from old_orders as o;
  else
    select array_agg(distinct changed.client_id) into v_clients
    from (
      select unnest(array[o.client_id, n.client_id]) as client_id
      from old_orders as o
      full join new_orders as n on o.organization_id = n.organization_id and o.id = n.id
      where
        (o.client_id, o.net_revenue, o.status in ('cancelled', 'refunded'))
        is distinct from (n.client_id, n.net_revenue, n.status in ('cancelled', 'refunded'))
    ) as changed
    where changed.client_id is not null;
  end if;

  if v_clients is null then
    return null;
  end if;

  -- Lock the clients in id order first: two batches that touch the same clients in different order
  -- deadlocked, and aggregating before locking lost one of two concurrent orders. The weaker lock
  -- does not clash with the key share lock either batch already holds through the foreign key.
  perform c.id
  from public.crm_clients as c
  where c.id = any(v_clients)
  order by c.id
  for no key update;

  -- Nothing is written when nothing changed, so a repeated sync leaves no dead rows.
  update public.crm_clients as c
  set
    total_orders = s.total_orders,
    total_revenue = s.total_revenue,
    average_order_value = s.average_order_value
  from (
    select
      k.id,
      k.organization_id,
      count(r.id)::integer as total_orders,
      coalesce(sum(r.net_revenue), 0)::numeric(12, 2) as total_revenue,
      coalesce(round(sum(r.net_revenue) / nullif(count(r.id), 0), 2), 0)::numeric(12, 2)
        as average_order_value
    from public.crm_clients as k
    left join public.crm_orders as r
      on
        r.organization_id = k.organization_id
        and r.client_id = k.id
        and r.status not in ('cancelled', 'refunded')
    where k.id = any(v_clients)
    group by k.id, k.organization_id
  ) as s
  where
    c.id = s.id
    and c.organization_id = s.organization_id
    and (c.total_orders, c.total_revenue, c.average_order_value)
    is distinct from (s.total_orders, s.total_revenue, s.average_order_value);

  return null;
end
$$;

create trigger trigger_update_client_revenue
after insert on public.crm_orders
referencing new table as new_orders
for each statement execute function public.update_client_revenue();

create trigger trigger_update_client_revenue_upd
after update on public.crm_orders
referencing old table as old_orders new table as new_orders
for each statement execute function public.update_client_revenue();

create trigger trigger_update_client_revenue_del
after delete on public.crm_orders
referencing old table as old_orders
for each statement execute function public.update_client_revenue();

-- With the owner's rights: members may read the history but not write it. Who changed it is looked
-- up among the organization's own profiles, because the caller may be a job without any.
create function public.track_deal_stage_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_from text;
begin
  if tg_op = 'UPDATE' then
    v_from := old.stage;

    -- A caller who knows the true time (an import) keeps it.
    if new.stage_changed_at is not distinct from old.stage_changed_at then
      new.stage_changed_at := now();
    end if;

    if new.stage not in ('closed_won', 'closed_lost') then
      new.actual_close_date := null;
    elsif new.actual_close_date is null then
      new.actual_close_date := (new.stage_changed_at at time zone 'UTC')::date;
    end if;
  end if;

  insert into public.crm_deal_stages_history (
    organization_id, deal_id, from_stage, to_stage, changed_by, created_at
  )
  select
    new.organization_id,
    new.id,
    v_from,
    new.stage,
    (
      select p.id
      from public.profiles as p
      where p.organization_id = new.organization_id and p.id = auth.uid()
    ),
    coalesce(new.stage_changed_at, now());

  return new;
end
$$;

create trigger trigger_track_deal_stage_change
before update on public.crm_deals
for each row
when (old.stage is distinct from new.stage)
execute function public.track_deal_stage_change();

-- The first stage is logged after the insert: before it there is no deal to refer to.
create trigger trigger_track_deal_first_stage
after insert on public.crm_deals
for each row execute function public.track_deal_stage_change();

-- The activity's own time, never the clock: a backfill must not make everybody look freshly called.
create function public.update_last_contact() returns trigger
language plpgsql set search_path = ''
as $$
begin
  update public.crm_clients as c
  set last_contact_date = coalesce(new.completed_at, new.created_at)
  where
    c.organization_id = new.organization_id
    and c.id = new.client_id
    and greatest(c.last_contact_date, coalesce(new.completed_at, new.created_at))
    is distinct from c.last_contact_date;

  return null;
end
$$;

create trigger trigger_update_last_contact
after insert or update of client_id, completed_at on public.crm_activities
for each row
when (new.client_id is not null)
execute function public.update_last_contact();

revoke all on function private.fill_exchange_rate() from public, anon, authenticated;
revoke all on function public.update_updated_at() from public, anon, authenticated;
revoke all on function public.update_client_revenue() from public, anon, authenticated;
revoke all on function public.track_deal_stage_change() from public, anon, authenticated;
revoke all on function public.update_last_contact() from public, anon, authenticated;
