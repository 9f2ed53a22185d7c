-- The merges that made this client what it is and that can be undone, oldest first.
-- Expects organization_id, client_id. Returns id, loser_id, reason, evidence, merged_at, run_id, moved.
select
  g.id,
  g.loser_id,
  g.reason,
  g.evidence,
  g.merged_at,
  g.run_id,
  g.moved
from sync.client_merges as g
where
  g.organization_id = %(organization_id)s
  and g.winner_id = %(client_id)s
  and g.undone_at is null
order by g.id
