-- The exchange rate that Storeloom last gave an order of a store. Another one now was put there by
-- somebody whom no trigger saw: it is corrected and named, instead of being corrected like a late rate.
--
-- Not part of the row's digest: rates are revised for many orders at once, and a digest that does not
-- fit has the store's record read again.
alter table sync.record_map add column written_rate numeric(18, 8);

update sync.record_map_orders as m
set written_rate = o.exchange_rate
from public.crm_orders as o
where
  o.organization_id = m.organization_id
  and o.id = m.crm_id
  and o.exchange_rate is not null;
