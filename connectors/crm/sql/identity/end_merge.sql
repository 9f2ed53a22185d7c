-- The merge is undone; the images have done their duty. Expects organization_id, merge_id.
update sync.client_merges as g
set
  undone_at = now(),
  loser = '{}',
  winner_before = '{}',
  winner_after = '{}',
  evidence = '{}',
  moved = '[]',
  set_aside = '[]'
where g.organization_id = %(organization_id)s and g.id = %(merge_id)s
