-- Expects organization_id, store_id, holder, run_id. Leaves a free lease where there was none.
insert into sync.leases (organization_id, store_id, token, holder, run_id, released_at)
values (%(organization_id)s, %(store_id)s, 0, %(holder)s, %(run_id)s, clock_timestamp())
on conflict (store_id) do nothing
