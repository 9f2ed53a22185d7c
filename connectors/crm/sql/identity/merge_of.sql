-- One merge that has not been undone, held. Expects organization_id, merge_id. Returns its columns.
select
  g.id,
  g.winner_id,
  g.loser_id,
  g.loser,
  g.winner_before,
  g.winner_after,
  g.moved,
  g.set_aside
from sync.client_merges as g
where
  g.organization_id = %(organization_id)s
  and g.id = %(merge_id)s
  and g.undone_at is null
for update
