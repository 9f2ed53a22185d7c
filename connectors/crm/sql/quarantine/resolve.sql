-- Expects organization_id, store_id, id, and the fingerprint under which the database's own refusal
-- was kept (NULL when there was none): then this row is settled, or another one stands for it.
update sync.quarantine as q
set resolved_at = now()
where
  q.organization_id = %(organization_id)s
  and q.store_id = %(store_id)s
  and q.id = %(id)s
  and q.resolved_at is null
  and q.fingerprint is distinct from %(fingerprint)s::text
