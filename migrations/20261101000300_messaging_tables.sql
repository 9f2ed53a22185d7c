-- Channels, the people who write through them, their messages, and how the bot answers.
--
-- Every reference names the organization: see the key of profiles. The names of the foreign keys
-- are those a simple reference would have had, because a second key between the same two tables
-- would make PostgREST's embedding ambiguous.

create table public.channels (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  name text not null,
  platform text not null,
  platform_channel_id text unique,
  credentials jsonb,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  constraint channels_organization_id_id_key unique (organization_id, id),
  -- Every member reads this column, so only a sealed envelope may stand in it. The keys are listed
  -- in full: an envelope with the plain token beside it is refused too.
  constraint channels_credentials_check check (
    credentials is null
    or (
      jsonb_typeof(credentials) = 'object'
      and credentials ?& array['v', 'kid', 'ct']
      and credentials - array['v', 'alg', 'kid', 'nonce', 'ct'] = '{}'::jsonb
    )
  )
);

create table public.contacts (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  platform text not null,
  platform_user_id text not null,
  name text,
  avatar_url text,
  ai_enabled boolean not null default true,
  last_interaction_at timestamptz default now(),
  last_message_preview text,
  unread_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contacts_organization_id_id_key unique (organization_id, id),
  constraint contacts_channel_id_platform_user_id_key unique (channel_id, platform_user_id),
  constraint contacts_channel_id_fkey foreign key (organization_id, channel_id)
  references public.channels (organization_id, id) on delete cascade
);

create table public.messages (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  contact_id uuid not null,
  message_platform_id text,
  sender_type text not null,
  content_type text not null default 'text',
  text_content text,
  attachment_url text,
  attachment_metadata jsonb,
  is_read_by_agent boolean not null default false,
  sent_at timestamptz not null default now(),
  platform_timestamp timestamptz,
  constraint messages_organization_id_id_key unique (organization_id, id),
  constraint messages_sender_type_check check (sender_type in ('user', 'agent', 'ai', 'system')),
  constraint messages_channel_id_fkey foreign key (organization_id, channel_id)
  references public.channels (organization_id, id) on delete cascade,
  constraint messages_contact_id_fkey foreign key (organization_id, contact_id)
  references public.contacts (organization_id, id) on delete cascade
);

create table public.channel_configurations (
  channel_id uuid primary key,
  organization_id uuid not null references public.organizations (id) on delete cascade,
  ai_model text not null default 'models/gemini-1.5-flash',
  ai_temperature numeric(2, 1) not null default 0.7,
  is_bot_active boolean not null default true,
  updated_at timestamptz not null default now(),
  constraint channel_configurations_channel_id_fkey foreign key (organization_id, channel_id)
  references public.channels (organization_id, id) on delete cascade
);

create table public.agent_prompts (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  agent_id text not null,
  name text not null,
  description text,
  system_prompt text not null,
  constraint agent_prompts_channel_id_agent_id_key unique (channel_id, agent_id),
  constraint agent_prompts_channel_id_fkey foreign key (organization_id, channel_id)
  references public.channels (organization_id, id) on delete cascade
);

create table public.content_collections (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  collection_id text not null,
  name text not null,
  items text[],
  constraint content_collections_channel_id_collection_id_key unique (channel_id, collection_id),
  constraint content_collections_channel_id_fkey foreign key (organization_id, channel_id)
  references public.channels (organization_id, id) on delete cascade
);

create table public.keyword_actions (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  channel_id uuid not null,
  keyword text not null,
  action_type text not null,
  constraint keyword_actions_channel_id_keyword_key unique (channel_id, keyword),
  constraint keyword_actions_channel_id_fkey foreign key (organization_id, channel_id)
  references public.channels (organization_id, id) on delete cascade
);

alter table public.channels enable row level security;
alter table public.contacts enable row level security;
alter table public.messages enable row level security;
alter table public.channel_configurations enable row level security;
alter table public.agent_prompts enable row level security;
alter table public.content_collections enable row level security;
alter table public.keyword_actions enable row level security;
