-- Measures on demand. What they mean stands in the definitions: net_revenue and closed_on carry the
-- shared expressions, so these functions, the triggers and the views cannot drift apart.

-- As the caller: another tenant's client has no orders here, and 0 is what such a caller gets.
create function public.calculate_client_ltv(client_uuid uuid) returns numeric
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select coalesce(sum(r.net_revenue), 0)
    from public.crm_orders as r
    inner join public.crm_clients as c
      on c.organization_id = r.organization_id and c.id = r.client_id
    where c.id = client_uuid
  );
end
$$;

-- Percent of closed deals that were won, by number; both bounds inclusive, NULL is open. NULL when
-- nothing closed in between: no deals is not the same as all lost.
create function public.calculate_win_rate(
  org_id uuid, start_date date default null, end_date date default null
) returns numeric
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select round(
      100.0 * count(*) filter (where d.stage = 'closed_won') / nullif(count(*), 0), 2
    )
    from public.crm_deals as d
    where
      d.organization_id = org_id
      and d.closed_on is not null
      and (start_date is null or d.closed_on >= start_date)
      and (end_date is null or d.closed_on <= end_date)
  );
end
$$;

-- REFRESH is the owner's right, so this runs as the owner and only the service side may call it.
-- The time-out is for PostgREST, which applies it before the call. All five stay locked against one
-- another's refreshers until the transaction ends; readers are never locked out.
create function public.refresh_all_analytics() returns void
language plpgsql security definer set search_path = '' set statement_timeout = '15min'
as $$
declare
  v_views constant text[] := array[
    'analytics_deal_metrics',
    'analytics_client_metrics',
    'analytics_revenue_metrics',
    'analytics_chatbot_effectiveness',
    'analytics_channel_performance'
  ];
  v_missing text;
  v_view text;
  v_is_populated boolean;
begin
  select string_agg('public.' || wanted.name, ', ' order by wanted.position) into v_missing
  from unnest(v_views) with ordinality as wanted (name, position)
  where not exists (
    select from pg_catalog.pg_matviews as m
    where m.schemaname = 'public' and m.matviewname = wanted.name
  );

  if v_missing is not null then
    raise exception 'missing analytics view(s) %: run "storeloom analytics build" first', v_missing
      using errcode = '42P01';
  end if;

  foreach v_view in array v_views
  loop
    select m.ispopulated into v_is_populated
    from pg_catalog.pg_matviews as m
    where m.schemaname = 'public' and m.matviewname = v_view;

    -- A view that never held rows cannot be refreshed concurrently, and has no readers to spare.
    execute pg_catalog.format(
      case
        when v_is_populated then 'refresh materialized view concurrently public.%I'
        else 'refresh materialized view public.%I'
      end,
      v_view
    );
  end loop;
end
$$;

create function public.get_crm_dashboard_summary(org_id uuid)
returns table (
  total_clients bigint,
  total_customers bigint,
  total_leads bigint,
  total_deals bigint,
  open_deals_value numeric,
  closed_won_deals bigint,
  total_revenue numeric,
  avg_order_value numeric,
  pending_activities bigint
)
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.assert_org_access(org_id);

  return query
  select
    clients.everybody,
    clients.customers,
    clients.leads,
    deals.everything,
    deals.open_value,
    deals.won,
    orders.revenue,
    orders.revenue / nullif(orders.placed, 0),
    (
      select count(*)
      from public.crm_activities as a
      where a.organization_id = org_id and a.status = 'pending'
    )
  from (
    select
      count(*) as everybody,
      count(*) filter (where c.client_type = 'customer') as customers,
      count(*) filter (where c.client_type = 'lead') as leads
    from public.crm_clients as c
    where c.organization_id = org_id
  ) as clients
  cross join (
    select
      count(*) as everything,
      coalesce(sum(d.deal_value) filter (where d.closed_on is null), 0) as open_value,
      count(*) filter (where d.stage = 'closed_won') as won
    from public.crm_deals as d
    where d.organization_id = org_id
  ) as deals
  cross join (
    select
      coalesce(sum(r.net_revenue), 0) as revenue,
      count(*) as placed
    from public.crm_orders as r
    where r.organization_id = org_id and r.status not in ('cancelled', 'refunded')
  ) as orders;
end
$$;

-- All seven stages, in their documented order; the percentage is of the clients that have a stage.
create function public.get_conversion_funnel(org_id uuid)
returns table (lifecycle_stage text, count bigint, percentage numeric)
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.assert_org_access(org_id);

  return query
  select
    stages.name,
    coalesce(counted.clients, 0),
    round(100.0 * coalesce(counted.clients, 0) / nullif(sum(counted.clients) over (), 0), 2)
  from unnest(
    array['lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist', 'churned']
  ) with ordinality as stages (name, position)
  left join (
    select c.lifecycle_stage as name, pg_catalog.count(*) as clients
    from public.crm_clients as c
    where c.organization_id = org_id
    group by c.lifecycle_stage
  ) as counted on stages.name = counted.name
  order by stages.position;
end
$$;

revoke all on function public.calculate_client_ltv(uuid) from public, anon, authenticated;
revoke all on function public.calculate_win_rate(uuid, date, date) from public, anon, authenticated;
revoke all on function public.refresh_all_analytics() from public, anon, authenticated;
revoke all on function public.get_crm_dashboard_summary(uuid) from public, anon, authenticated;
revoke all on function public.get_conversion_funnel(uuid) from public, anon, authenticated;

grant execute on function public.calculate_client_ltv(uuid) to authenticated, service_role;
grant execute on function public.calculate_win_rate(uuid, date, date)
to authenticated, service_role;
grant execute on function public.refresh_all_analytics() to service_role;
grant execute on function public.get_crm_dashboard_summary(uuid) to authenticated, service_role;
grant execute on function public.get_conversion_funnel(uuid) to authenticated, service_role;
