-- Keeps what it takes to have the loser back. Expects organization_id, run_id and the columns.
insert into sync.client_merges (
  organization_id, winner_id, loser_id, reason, evidence, loser, winner_before, winner_after, moved,
  set_aside, run_id
)
values (
  %(organization_id)s, %(winner_id)s, %(loser_id)s, %(reason)s, %(evidence)s, %(loser)s,
  %(winner_before)s, %(winner_after)s, %(moved)s, %(set_aside)s, %(run_id)s
)
returning id
