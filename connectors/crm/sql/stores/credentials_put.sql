-- Expects organization_id, store_id and the encrypted envelope.
insert into sync.store_credentials (organization_id, store_id, envelope)
values (%(organization_id)s, %(store_id)s, %(envelope)s)
on conflict (store_id) do update set envelope = excluded.envelope, updated_at = now()
where store_credentials.organization_id = excluded.organization_id
