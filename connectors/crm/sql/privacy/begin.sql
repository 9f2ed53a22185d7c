-- Opens an erasure. Expects organization_id, erased_store_id, scope, is_everything, requested_by,
-- run_id, client_ids. Returns its number.
insert into sync.erasures (
  organization_id, store_id, scope, is_everything, requested_by, run_id, client_ids
)
values (
  %(organization_id)s, %(erased_store_id)s, %(scope)s, %(is_everything)s, %(requested_by)s,
  %(run_id)s, %(client_ids)s::uuid []
)
returning id
