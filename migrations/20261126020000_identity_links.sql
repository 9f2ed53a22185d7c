-- Who placed an order, and why a person is this client: what identity has decided, so that it can be
-- explained and taken back.

-- The buyer's key in this map, of orders only. An order that names nobody any more keeps the person
-- it had. The former person is the one before: a customer that the store merged into another one is
-- recognised by his orders, which all went from the one to the other.
alter table sync.record_map
add column person_entity text,
add column person_external_id text,
add column former_person_entity text,
add column former_person_external_id text;

alter table sync.record_map_orders add constraint record_map_orders_person_check
check (
  (person_entity is null) = (person_external_id is null)
  and (former_person_entity is null) = (former_person_external_id is null)
  and person_entity in ('customers', 'guests')
  and former_person_entity in ('customers', 'guests')
);

create index idx_record_map_orders_person
on sync.record_map_orders (store_id, person_entity, person_external_id);
create index idx_record_map_orders_former_person
on sync.record_map_orders (store_id, former_person_entity, former_person_external_id)
where former_person_external_id is not null;
