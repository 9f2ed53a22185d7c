-- What people do with clients and deals: activities, notes, tags.

create table public.crm_activities (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  client_id uuid,
  deal_id uuid,
  message_id uuid,
  activity_type text not null,
  subject text not null,
  description text,
  status text default 'pending',
  priority text,
  due_date timestamptz,
  completed_at timestamptz,
  assigned_to uuid,
  created_by uuid,
  metadata jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint crm_activities_activity_type_check check (
    activity_type in (
      'call', 'email', 'meeting', 'task', 'note', 'chatbot_interaction', 'website_visit'
    )
  ),
  constraint crm_activities_status_check check (status in ('pending', 'completed', 'cancelled')),
  constraint crm_activities_priority_check
  check (priority in ('low', 'medium', 'high', 'urgent')),
  constraint crm_activities_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade,
  constraint crm_activities_deal_id_fkey foreign key (organization_id, deal_id)
  references public.crm_deals (organization_id, id) on delete cascade,
  constraint crm_activities_message_id_fkey foreign key (organization_id, message_id)
  references public.messages (organization_id, id) on delete set null (message_id),
  constraint crm_activities_assigned_to_fkey foreign key (organization_id, assigned_to)
  references public.profiles (organization_id, id) on delete set null (assigned_to),
  constraint crm_activities_created_by_fkey foreign key (organization_id, created_by)
  references public.profiles (organization_id, id) on delete set null (created_by)
);

create table public.crm_notes (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  client_id uuid,
  deal_id uuid,
  title text,
  content text not null,
  note_type text,
  is_pinned boolean default false,
  tags text[],
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint crm_notes_note_type_check
  check (note_type in ('general', 'call_log', 'meeting_summary', 'important')),
  constraint crm_notes_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade,
  constraint crm_notes_deal_id_fkey foreign key (organization_id, deal_id)
  references public.crm_deals (organization_id, id) on delete cascade,
  constraint crm_notes_created_by_fkey foreign key (organization_id, created_by)
  references public.profiles (organization_id, id) on delete set null (created_by)
);

create table public.crm_tags (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  name text not null,
  color text default '#3B82F6',
  category text,
  created_at timestamptz not null default now(),
  constraint crm_tags_organization_id_name_key unique (organization_id, name)
);

alter table public.crm_activities enable row level security;
alter table public.crm_notes enable row level security;
alter table public.crm_tags enable row level security;
