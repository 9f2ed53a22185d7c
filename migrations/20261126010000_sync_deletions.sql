-- What looking for deletions remembers, and its place in the books.

alter table sync.cursors
-- The store's feed of deletions has been followed up to here.
add column settled_until timestamptz,
-- When a stream without a filter by change was last gone through whole.
add column scanned_at timestamptz,
-- When the store's ids were last compared one by one with ours, and the difference of the counts
-- that was left when all of them had been accounted for (records skipped by rule, for instance).
add column listed_at timestamptz,
add column listed_difference bigint not null default 0;

-- A record that the store says it has no more is an answer like any other.
alter table sync.loads add column deleted integer not null default 0;
alter table sync.loads drop constraint loads_balance_check;
alter table sync.loads add constraint loads_balance_check
check (fetched = inserted + updated + unchanged + skipped + quarantined + deleted);

-- The known variants of one product.
create index idx_crm_products_organization_parent
on public.crm_products (organization_id, parent_ecommerce_product_id)
where parent_ecommerce_product_id is not null;
