-- Where one batch's new and changed products wait.
create temporary table if not exists staged_products (
  external_id text not null,
  ecommerce_product_id text not null,
  parent_ecommerce_product_id text,
  name text not null,
  description text,
  sku text,
  category text,
  price numeric(12, 2) not null,
  cost numeric(12, 2),
  currency text not null,
  is_active boolean not null,
  is_deleted boolean not null,
  source_created_at timestamptz,
  source_updated_at timestamptz,
  content_hash bytea not null
) on commit drop
