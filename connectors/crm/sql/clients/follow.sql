-- Expects staged_people, organization_id, round, and the clients locked by lock_keys.sql or made by
-- this batch. Writes which customer a client follows, where that changes.
--
-- By itself: an update that so much as names a key column locks its rows against every new order, note
-- or deal of the client, whether the value changes or not.
update public.crm_clients as c
set ecommerce_customer_id = s.ecommerce_customer_id
from pg_temp.staged_people as s
where
  c.organization_id = %(organization_id)s
  and c.id = s.client_id
  and s.round = %(round)s
  and not (s.is_new and s.round = 0)
  and s.ecommerce_customer_id is not null
  and (s.is_owner or c.ecommerce_customer_id is null)
  and c.ecommerce_customer_id is distinct from s.ecommerce_customer_id
