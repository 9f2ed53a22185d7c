-- Expects organization_id, client_id: a client that nothing refers to any more.
delete from public.crm_clients as c
where c.organization_id = %(organization_id)s and c.id = %(client_id)s
