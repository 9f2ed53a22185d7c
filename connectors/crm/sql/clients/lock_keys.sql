-- As lock.sql, for a batch in which a client begins to follow a customer: that writes a column other
-- tables could refer to, which has to wait for whoever is inserting an order of this client. Waiting
-- after the weaker lock, behind which that order waits for us, was a deadlock, and the application
-- lost its order to it.
--
-- Expects organization_id, client_ids, and order_ids whose present clients count as well.
select c.id
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
