-- Images of clients that became one: without them the merge cannot be taken apart any more.
-- Expects organization_id, client_ids. Returns the merges written.
update sync.client_merges as g
set
  evidence = '{}',
  loser = '{}',
  winner_before = '{}',
  winner_after = '{}',
  moved = '{}',
  set_aside = '{}'
where
  g.organization_id = %(organization_id)s
  and (
    g.winner_id = any(%(client_ids)s::uuid [])
    or g.loser_id = any(%(client_ids)s::uuid [])
  )
  and (
    g.evidence, g.loser, g.winner_before, g.winner_after, g.moved, g.set_aside
  ) is distinct from (
    '{}'::jsonb, '{}'::jsonb, '{}'::jsonb, '{}'::jsonb, '{}'::jsonb, '{}'::jsonb
  )
returning g.id
