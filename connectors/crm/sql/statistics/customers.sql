-- As crm_orders is: see orders.sql.
analyze (skip_locked)
sync.record_map_clients (organization_id, store_id, entity, external_id, crm_id),
public.crm_clients (organization_id, ecommerce_customer_id, email, phone)
