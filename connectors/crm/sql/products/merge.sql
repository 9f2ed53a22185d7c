-- Expects staged_products, organization_id, store_id, load_id. Staged -> written -> mapped.
--
-- A null never overwrites; custom_fields belong to people and do not appear.
with written as (
  insert into public.crm_products as p (
    organization_id, ecommerce_product_id, parent_ecommerce_product_id, name, description, sku,
    category, price, cost, currency, is_active, created_at
  )
  select
    %(organization_id)s,
    s.ecommerce_product_id,
    s.parent_ecommerce_product_id,
    s.name,
    s.description,
    s.sku,
    s.category,
    s.price,
    s.cost,
    s.currency,
    s.is_active,
    coalesce(s.source_created_at, s.source_updated_at, now())
  from pg_temp.staged_products as s
  order by s.ecommerce_product_id
  on conflict (organization_id, ecommerce_product_id) do update set
    parent_ecommerce_product_id
      = coalesce(excluded.parent_ecommerce_product_id, p.parent_ecommerce_product_id),
    name = excluded.name,
    description = coalesce(excluded.description, p.description),
    sku = coalesce(excluded.sku, p.sku),
    category = coalesce(excluded.category, p.category),
    price = excluded.price,
    cost = coalesce(excluded.cost, p.cost),
    currency = excluded.currency,
    is_active = excluded.is_active
  where
    (
      p.parent_ecommerce_product_id, p.name, p.description, p.sku, p.category, p.price, p.cost,
      p.currency, p.is_active
    ) is distinct from (
      coalesce(excluded.parent_ecommerce_product_id, p.parent_ecommerce_product_id),
      excluded.name,
      coalesce(excluded.description, p.description),
      coalesce(excluded.sku, p.sku),
      coalesce(excluded.category, p.category),
      excluded.price,
      coalesce(excluded.cost, p.cost),
      excluded.currency,
      excluded.is_active
    )
  returning
    p.id,
    p.ecommerce_product_id,
    -- As sync.row_digests has it.
    hash_record_extended(
      row(
        p.ecommerce_product_id, p.parent_ecommerce_product_id, p.name, p.description, p.sku,
        p.category, p.price, p.cost, p.currency, p.is_active
      ),
      0
    ) as row_digest
)

insert into sync.record_map_products as m (
  store_id, entity, external_id, organization_id, crm_id, content_hash, source_updated_at,
  deleted_at, row_digest, load_id
)
select
  %(store_id)s,
  'products',
  s.external_id,
  %(organization_id)s,
  coalesce(w.id, e.id),
  s.content_hash,
  s.source_updated_at,
  case when s.is_deleted then now() end,
  coalesce(
    w.row_digest,
    (
      select d.row_digest
      from sync.row_digests as d
      where
        d.organization_id = %(organization_id)s
        and d.entity = 'products'
        and d.crm_id = e.id
    )
  ),
  %(load_id)s
from pg_temp.staged_products as s
left join written as w on s.ecommerce_product_id = w.ecommerce_product_id
-- What was there before and needed no write is not among the written.
left join public.crm_products as e
  on e.organization_id = %(organization_id)s and s.ecommerce_product_id = e.ecommerce_product_id
order by s.external_id
on conflict (store_id, entity, external_id) do update set
  crm_id = excluded.crm_id,
  content_hash = excluded.content_hash,
  source_updated_at = excluded.source_updated_at,
  deleted_at = excluded.deleted_at,
  row_digest = excluded.row_digest,
  load_id = excluded.load_id,
  updated_at = now()
where m.organization_id = excluded.organization_id
