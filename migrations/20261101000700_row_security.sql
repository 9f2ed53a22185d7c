-- Who sees and writes what, through the API.
--
-- The function stands in a sub-select so that it runs once a statement: called once a row it took
-- two seconds over 200,000 messages. Policies name their role, because without one they run for
-- anon too. Grants are spelled out because neither default of Supabase can be relied on;
-- service_role needs them too, BYPASSRLS lifts row security only.

revoke all on
public.organizations,
public.profiles,
public.channels,
public.contacts,
public.messages,
public.channel_configurations,
public.agent_prompts,
public.content_collections,
public.keyword_actions,
public.crm_clients,
public.crm_deals,
public.crm_deal_stages_history,
public.crm_products,
public.crm_orders,
public.crm_activities,
public.crm_notes,
public.crm_tags
from public, anon, authenticated, service_role;

grant select, insert, update, delete on
public.organizations,
public.profiles,
public.channels,
public.contacts,
public.messages,
public.channel_configurations,
public.agent_prompts,
public.content_collections,
public.keyword_actions,
public.crm_clients,
public.crm_deals,
public.crm_deal_stages_history,
public.crm_products,
public.crm_orders,
public.crm_activities,
public.crm_notes,
public.crm_tags
to service_role;

-- A member renames the organization and himself, nothing more. Deleting the organization would
-- take everything in it; writing a profile's organization or role would be moving in anywhere, as
-- anything.
create policy "Users can manage their own organization" on public.organizations
for all to authenticated
using (id = (select public.get_my_organization_id()))
with check (id = (select public.get_my_organization_id()));

grant select on public.organizations to authenticated;
grant update (name) on public.organizations to authenticated;

create policy "Users can manage their own profile" on public.profiles
for all to authenticated
using (id = (select auth.uid()))
with check (id = (select auth.uid()));

grant select on public.profiles to authenticated;
grant update (full_name) on public.profiles to authenticated;

-- History is written by its trigger only.
create policy "Users can view deal history in their organization" on public.crm_deal_stages_history
for select to authenticated
using (organization_id = (select public.get_my_organization_id()));

grant select on public.crm_deal_stages_history to authenticated;

create policy "Users can manage channels in their organization" on public.channels
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.channels to authenticated;

create policy "Users can manage contacts in their organization" on public.contacts
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.contacts to authenticated;

create policy "Users can manage messages in their organization" on public.messages
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.messages to authenticated;

create policy "Users can manage configurations in their organization"
on public.channel_configurations
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.channel_configurations to authenticated;

create policy "Users can manage agent prompts in their organization" on public.agent_prompts
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.agent_prompts to authenticated;

create policy "Users can manage content collections in their organization"
on public.content_collections
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.content_collections to authenticated;

create policy "Users can manage keyword actions in their organization" on public.keyword_actions
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.keyword_actions to authenticated;

create policy "Users can manage CRM clients in their organization" on public.crm_clients
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.crm_clients to authenticated;

create policy "Users can manage deals in their organization" on public.crm_deals
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.crm_deals to authenticated;

create policy "Users can manage products in their organization" on public.crm_products
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.crm_products to authenticated;

create policy "Users can manage orders in their organization" on public.crm_orders
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.crm_orders to authenticated;

create policy "Users can manage activities in their organization" on public.crm_activities
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.crm_activities to authenticated;

create policy "Users can manage notes in their organization" on public.crm_notes
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.crm_notes to authenticated;

create policy "Users can manage tags in their organization" on public.crm_tags
for all to authenticated
using (organization_id = (select public.get_my_organization_id()))
with check (organization_id = (select public.get_my_organization_id()));

grant select, insert, update, delete on public.crm_tags to authenticated;

-- A server whose owner could not hand on BYPASSRLS needs the same right written as policies.
do $$
declare
  tenant_table name;
begin
  if (select r.rolbypassrls from pg_catalog.pg_roles as r where r.rolname = 'service_role') then
    return;
  end if;

  foreach tenant_table in array array[
    'organizations',
    'profiles',
    'channels',
    'contacts',
    'messages',
    'channel_configurations',
    'agent_prompts',
    'content_collections',
    'keyword_actions',
    'crm_clients',
    'crm_deals',
    'crm_deal_stages_history',
    'crm_products',
    'crm_orders',
    'crm_activities',
    'crm_notes',
    'crm_tags'
  ]
  loop
    execute pg_catalog.format(
      'create policy %I on public.%I for all to service_role using (true) with check (true)',
      'The service side manages everything', tenant_table
    );
  end loop;
end
$$;
