-- Expects organization_id, id and the encrypted envelope. Returns a row where there is such a channel.
update public.channels as c
set credentials = %(envelope)s
where c.organization_id = %(organization_id)s and c.id = %(id)s
returning c.id::text
