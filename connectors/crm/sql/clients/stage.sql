-- Where one batch's persons wait, already resolved to clients. Several persons of one batch can be
-- one client: they come in rounds, one row a client in each.
create temporary table if not exists staged_people (
  round integer not null,
  client_id uuid not null,
  is_new boolean not null,
  is_owner boolean not null,
  entity text not null,
  external_id text not null,
  is_mapped boolean not null,
  link_reason text,
  ecommerce_customer_id text,
  email text,
  phone text,
  full_name text,
  company_name text,
  address jsonb,
  first_seen timestamptz,
  last_seen timestamptz,
  has_ordered boolean not null,
  is_deleted boolean not null,
  content_hash bytea,
  source_updated_at timestamptz,
  details jsonb,
  evidence jsonb,
  columns_before jsonb
) on commit drop
