-- Whom the winner is not, the client that comes back is not either. Expects organization_id,
-- winner_id, loser_id.
insert into sync.identity_pins (organization_id, client_id, other_id)
select
  %(organization_id)s,
  least(p.other_id, %(loser_id)s),
  greatest(p.other_id, %(loser_id)s)
from (
  select case when n.client_id = %(winner_id)s then n.other_id else n.client_id end as other_id
  from sync.identity_pins as n
  where
    n.organization_id = %(organization_id)s
    and %(winner_id)s in (n.client_id, n.other_id)
) as p
where p.other_id <> %(loser_id)s
on conflict (organization_id, client_id, other_id) do nothing
