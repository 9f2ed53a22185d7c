-- First the documented indexes under their documented names, then those the foreign keys need.

create index idx_contacts_channel on public.contacts (channel_id);
create index idx_contacts_platform_user on public.contacts (platform_user_id);

create index idx_messages_contact on public.messages (contact_id);
create index idx_messages_channel on public.messages (channel_id);
create index idx_messages_sent_at on public.messages (sent_at);

create index idx_crm_clients_organization on public.crm_clients (organization_id);
create index idx_crm_clients_contact on public.crm_clients (contact_id);
create index idx_crm_clients_type on public.crm_clients (client_type);
create index idx_crm_clients_assigned on public.crm_clients (assigned_to);
create index idx_crm_clients_lifecycle on public.crm_clients (lifecycle_stage);
create index idx_crm_clients_email on public.crm_clients (email);
create index idx_crm_clients_ecommerce on public.crm_clients (ecommerce_customer_id);
create index idx_crm_clients_platform_user_id on public.crm_clients (platform_user_id);

create index idx_crm_deals_organization on public.crm_deals (organization_id);
create index idx_crm_deals_client on public.crm_deals (client_id);
create index idx_crm_deals_stage on public.crm_deals (stage);
create index idx_crm_deals_owner on public.crm_deals (owner_id);
create index idx_crm_deals_close_date on public.crm_deals (expected_close_date);

create index idx_deal_stages_history_deal on public.crm_deal_stages_history (deal_id);
create index idx_deal_stages_history_created on public.crm_deal_stages_history (created_at);

create index idx_crm_products_organization on public.crm_products (organization_id);
create index idx_crm_products_active on public.crm_products (is_active);
create index idx_crm_products_ecommerce on public.crm_products (ecommerce_product_id);

create index idx_crm_orders_organization on public.crm_orders (organization_id);
create index idx_crm_orders_client on public.crm_orders (client_id);
create index idx_crm_orders_status on public.crm_orders (status);
create index idx_crm_orders_date on public.crm_orders (order_date);
create index idx_crm_orders_ecommerce on public.crm_orders (ecommerce_order_id);

create index idx_crm_activities_organization on public.crm_activities (organization_id);
create index idx_crm_activities_client on public.crm_activities (client_id);
create index idx_crm_activities_deal on public.crm_activities (deal_id);
create index idx_crm_activities_type on public.crm_activities (activity_type);
create index idx_crm_activities_assigned on public.crm_activities (assigned_to);
create index idx_crm_activities_due on public.crm_activities (due_date);
create index idx_crm_activities_status on public.crm_activities (status);

create index idx_crm_notes_organization on public.crm_notes (organization_id);
create index idx_crm_notes_client on public.crm_notes (client_id);
create index idx_crm_notes_deal on public.crm_notes (deal_id);
create index idx_crm_notes_pinned on public.crm_notes (is_pinned);

create index idx_crm_tags_organization on public.crm_tags (organization_id);
create index idx_crm_tags_category on public.crm_tags (category);

-- Each leads with the organization, so it serves the policy and the composite foreign key at once.
-- Without them deleting 300 messages read every activity 300 times. Columns that are mostly NULL
-- get a partial index: the foreign key's own look-ups never ask for NULL.
create index idx_contacts_organization_channel on public.contacts (organization_id, channel_id);

create index idx_messages_organization_channel
on public.messages (organization_id, channel_id, sent_at);
-- The summary of a contact reads its latest message from here; otherwise the planner walks
-- idx_messages_sent_at through everybody's.
create index idx_messages_organization_contact
on public.messages (organization_id, contact_id, sent_at desc);
create index idx_messages_unread on public.messages (organization_id, contact_id)
where sender_type = 'user' and not is_read_by_agent;

create index idx_channel_configurations_organization_channel
on public.channel_configurations (organization_id, channel_id);
create index idx_agent_prompts_organization_channel
on public.agent_prompts (organization_id, channel_id);
create index idx_content_collections_organization_channel
on public.content_collections (organization_id, channel_id);
create index idx_keyword_actions_organization_channel
on public.keyword_actions (organization_id, channel_id);

create index idx_crm_clients_organization_contact
on public.crm_clients (organization_id, contact_id) where contact_id is not null;
create index idx_crm_clients_organization_assigned
on public.crm_clients (organization_id, assigned_to) where assigned_to is not null;
-- Who is this? By e-mail, phone and platform id, within one organization.
create index idx_crm_clients_organization_email
on public.crm_clients (organization_id, lower(email)) where email is not null;
create index idx_crm_clients_organization_phone
on public.crm_clients (organization_id, phone) where phone is not null;
create index idx_crm_clients_organization_platform_user
on public.crm_clients (organization_id, platform_user_id) where platform_user_id is not null;

create index idx_crm_deals_organization_client on public.crm_deals (organization_id, client_id);
create index idx_crm_deals_organization_owner
on public.crm_deals (organization_id, owner_id) where owner_id is not null;

create index idx_deal_stages_history_organization_deal
on public.crm_deal_stages_history (organization_id, deal_id);
create index idx_deal_stages_history_organization_changed_by
on public.crm_deal_stages_history (organization_id, changed_by) where changed_by is not null;

create index idx_crm_orders_organization_client on public.crm_orders (organization_id, client_id);
create index idx_crm_orders_organization_deal
on public.crm_orders (organization_id, deal_id) where deal_id is not null;

create index idx_crm_activities_organization_client
on public.crm_activities (organization_id, client_id);
create index idx_crm_activities_organization_deal
on public.crm_activities (organization_id, deal_id) where deal_id is not null;
create index idx_crm_activities_organization_message
on public.crm_activities (organization_id, message_id) where message_id is not null;
create index idx_crm_activities_organization_assigned
on public.crm_activities (organization_id, assigned_to) where assigned_to is not null;
create index idx_crm_activities_organization_created_by
on public.crm_activities (organization_id, created_by) where created_by is not null;

create index idx_crm_notes_organization_client on public.crm_notes (organization_id, client_id);
create index idx_crm_notes_organization_deal
on public.crm_notes (organization_id, deal_id) where deal_id is not null;
create index idx_crm_notes_organization_created_by
on public.crm_notes (organization_id, created_by) where created_by is not null;
