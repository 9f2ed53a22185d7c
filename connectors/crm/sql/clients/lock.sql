-- Lock the clients this batch will write, in id order, before anything else does: the totals trigger
-- locks them too, and two stores of one organization deadlocked on each other's clients.
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
for no key update
