-- Whom the loser is not, the winner is not either. Expects organization_id, loser_id, winner_id.
with gone as (
  delete from sync.identity_pins as p
  where
    p.organization_id = %(organization_id)s
    and %(loser_id)s in (p.client_id, p.other_id)
  returning case when p.client_id = %(loser_id)s then p.other_id else p.client_id end as other_id
)

insert into sync.identity_pins (organization_id, client_id, other_id)
select
  %(organization_id)s,
  least(g.other_id, %(winner_id)s),
  greatest(g.other_id, %(winner_id)s)
from gone as g
where g.other_id <> %(winner_id)s
on conflict (organization_id, client_id, other_id) do nothing
