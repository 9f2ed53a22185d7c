-- As crm_orders is: see orders.sql.
analyze (skip_locked)
sync.record_map_products (organization_id, store_id, entity, external_id, crm_id),
public.crm_products (organization_id, ecommerce_product_id, sku)
