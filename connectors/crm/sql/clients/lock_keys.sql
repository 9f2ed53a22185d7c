-- As lock.sql, for a batch in which a client may begin to follow a customer: that writes a key column,
-- which has to wait for whoever is inserting an order of this client. Waiting after the weaker lock,
-- behind which that order's totals wait for us, was a deadlock, and the application lost its order.
--
-- Expects organization_id, client_ids, and order_ids whose present clients count as well. Returns each
-- client and the shop id it has by now.
select
  c.id,
  c.ecommerce_customer_id
from public.crm_clients as c
where
  c.organization_id = %(organization_id)s
  and c.id in (
    select unnest(%(client_ids)s::uuid [])
    union
    select r.client_id
    from public.crm_orders as r
    where r.organization_id = %(organization_id)s and r.id = any(%(order_ids)s::uuid [])
  )
order by c.id
for update
