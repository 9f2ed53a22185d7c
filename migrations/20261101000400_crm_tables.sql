-- Clients, deals, the catalogue and the orders.
--
-- "on delete set null" names its column: without the list it would null organization_id as well
-- and every such delete would fail. Uniqueness of the shops' ids is a plain constraint, which lets
-- NULLs repeat; a partial index would serve no "on conflict (organization_id, ...)".

create table public.crm_clients (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  contact_id uuid unique,
  client_type text not null default 'lead',
  company_name text,
  email text,
  phone text,
  secondary_phone text,
  address jsonb,
  ecommerce_customer_id text,
  total_orders integer default 0,
  total_revenue numeric(12, 2) default 0,
  average_order_value numeric(12, 2) default 0,
  source text,
  source_details jsonb,
  utm_data jsonb,
  lifecycle_stage text default 'lead',
  lead_score integer default 0,
  lead_quality text,
  assigned_to uuid,
  tags text[],
  custom_fields jsonb,
  platform_user_id text,
  first_contact_date timestamptz default now(),
  last_contact_date timestamptz,
  next_follow_up_date timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A person's own name; company_name is the company's.
  full_name text,
  constraint crm_clients_organization_id_id_key unique (organization_id, id),
  constraint crm_clients_organization_id_ecommerce_customer_id_key
  unique (organization_id, ecommerce_customer_id),
  constraint crm_clients_ecommerce_customer_id_check check (ecommerce_customer_id <> ''),
  constraint crm_clients_client_type_check
  check (client_type in ('lead', 'prospect', 'customer', 'partner', 'inactive')),
  constraint crm_clients_lifecycle_stage_check check (
    lifecycle_stage in (
      'lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist', 'churned'
    )
  ),
  constraint crm_clients_lead_quality_check check (lead_quality in ('hot', 'warm', 'cold')),
  constraint crm_clients_contact_id_fkey foreign key (organization_id, contact_id)
  references public.contacts (organization_id, id) on delete set null (contact_id),
  constraint crm_clients_assigned_to_fkey foreign key (organization_id, assigned_to)
  references public.profiles (organization_id, id) on delete set null (assigned_to)
);

create table public.crm_deals (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  client_id uuid not null,
  name text not null,
  description text,
  deal_value numeric(12, 2) not null default 0,
  currency text not null default 'USD',
  stage text not null default 'prospecting',
  probability integer default 0,
  expected_close_date date,
  actual_close_date date,
  products jsonb,
  owner_id uuid,
  lost_reason text,
  lost_reason_details text,
  won_reason text,
  competitor text,
  tags text[],
  custom_fields jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  stage_changed_at timestamptz default now(),
  -- The one close date that the win rate and the deal cycle use: the UTC day of what is known best.
  -- NULL while the deal is open.
  closed_on date generated always as (
    case
      when stage in ('closed_won', 'closed_lost')
        then coalesce(
          actual_close_date,
          (stage_changed_at at time zone 'UTC')::date,
          (updated_at at time zone 'UTC')::date
        )
    end
  ) stored,
  constraint crm_deals_organization_id_id_key unique (organization_id, id),
  constraint crm_deals_stage_check check (
    stage in (
      'prospecting', 'qualification', 'proposal', 'negotiation', 'closed_won', 'closed_lost'
    )
  ),
  constraint crm_deals_probability_check check (probability between 0 and 100),
  constraint crm_deals_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade,
  constraint crm_deals_owner_id_fkey foreign key (organization_id, owner_id)
  references public.profiles (organization_id, id) on delete set null (owner_id)
);

create table public.crm_deal_stages_history (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  deal_id uuid not null,
  from_stage text,
  to_stage text not null,
  changed_by uuid,
  notes text,
  created_at timestamptz not null default now(),
  constraint crm_deal_stages_history_deal_id_fkey foreign key (organization_id, deal_id)
  references public.crm_deals (organization_id, id) on delete cascade,
  constraint crm_deal_stages_history_changed_by_fkey foreign key (organization_id, changed_by)
  references public.profiles (organization_id, id) on delete set null (changed_by)
);

create table public.crm_products (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  name text not null,
  description text,
  sku text,
  category text,
  price numeric(12, 2) not null default 0,
  cost numeric(12, 2),
  currency text not null default 'USD',
  ecommerce_product_id text,
  is_active boolean not null default true,
  custom_fields jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A row is the sellable unit; this is the product whose variant it is.
  parent_ecommerce_product_id text,
  constraint crm_products_organization_id_ecommerce_product_id_key
  unique (organization_id, ecommerce_product_id),
  constraint crm_products_ecommerce_product_id_check check (ecommerce_product_id <> ''),
  constraint crm_products_parent_ecommerce_product_id_check
  check (parent_ecommerce_product_id <> '')
);

create table public.crm_orders (
  id uuid primary key default extensions.uuid_generate_v4(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  client_id uuid not null,
  deal_id uuid,
  order_number text not null,
  ecommerce_order_id text,
  subtotal numeric(12, 2) not null default 0,
  tax numeric(12, 2) default 0,
  shipping numeric(12, 2) default 0,
  discount numeric(12, 2) default 0,
  total numeric(12, 2) not null default 0,
  currency text not null default 'USD',
  status text not null default 'pending',
  items jsonb,
  shipping_address jsonb,
  tracking_number text,
  order_date timestamptz not null default now(),
  shipped_date timestamptz,
  delivered_date timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Partial refunds, in the order's currency.
  refunded_total numeric(12, 2) not null default 0,
  -- Order currency to reporting currency at the order date; NULL when no rate is known.
  exchange_rate numeric(18, 8),
  -- What the order is worth in the reporting currency: the one expression behind the client's
  -- totals, the lifetime value, the dashboard and the views.
  net_revenue numeric(14, 2) generated always as (
    case
      when status in ('cancelled', 'refunded') then 0
      else round((total - refunded_total) * exchange_rate, 2)
    end
  ) stored,
  constraint crm_orders_organization_id_order_number_key unique (organization_id, order_number),
  constraint crm_orders_organization_id_ecommerce_order_id_key
  unique (organization_id, ecommerce_order_id),
  constraint crm_orders_order_number_check check (order_number <> ''),
  constraint crm_orders_ecommerce_order_id_check check (ecommerce_order_id <> ''),
  constraint crm_orders_status_check check (
    status in ('pending', 'processing', 'shipped', 'delivered', 'cancelled', 'refunded')
  ),
  constraint crm_orders_exchange_rate_check check (exchange_rate > 0),
  constraint crm_orders_client_id_fkey foreign key (organization_id, client_id)
  references public.crm_clients (organization_id, id) on delete cascade,
  constraint crm_orders_deal_id_fkey foreign key (organization_id, deal_id)
  references public.crm_deals (organization_id, id) on delete set null (deal_id)
);

alter table public.crm_clients enable row level security;
alter table public.crm_deals enable row level security;
alter table public.crm_deal_stages_history enable row level security;
alter table public.crm_products enable row level security;
alter table public.crm_orders enable row level security;
