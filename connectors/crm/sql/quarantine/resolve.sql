-- Expects organization_id, store_id, run_id, id, and the fingerprint under which the database's own
-- refusal was kept (NULL when there was none): then this row is settled, or another one stands for it.
update sync.quarantine as q
set
  resolved_at = now(),
  resolution = 'replayed',
  resolved_by = %(run_id)s
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.id = %(id)s
  and q.fingerprint is distinct from %(fingerprint)s::text
