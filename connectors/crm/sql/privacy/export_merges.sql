-- Expects organization_id, client_ids. Returns the merges these clients took part in as JSON.
select to_jsonb(g)
from sync.client_merges as g
where
  g.organization_id = %(organization_id)s
  and (
    g.winner_id = any(%(client_ids)s::uuid [])
    or g.loser_id = any(%(client_ids)s::uuid [])
  )
order by g.id
