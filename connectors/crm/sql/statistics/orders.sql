-- What the planner must know of the tables that orders and their guests grow.
--
-- Of the columns that are looked up by, and no other: the items of 30,000 orders cost half a second
-- to read, and a list of columns leaves the turn of autovacuum's own, full analysis where it was.
-- Whoever is at the same table already does the same or worse: nobody waits for it.
analyze (skip_locked)
sync.record_map_orders (
  organization_id, store_id, entity, external_id, crm_id, person_entity, person_external_id
),
sync.record_map_clients (organization_id, store_id, entity, external_id, crm_id),
public.crm_orders (organization_id, client_id, ecommerce_order_id, order_number),
public.crm_clients (organization_id, ecommerce_customer_id, email, phone)
