-- A person said that these are two. Expects organization_id, client_id, other_ids.
insert into sync.identity_pins (organization_id, client_id, other_id)
select
  %(organization_id)s,
  least(%(client_id)s, s.other_id),
  greatest(%(client_id)s, s.other_id)
from (select distinct unnest(%(other_ids)s::uuid []) as other_id) as s
where s.other_id <> %(client_id)s
on conflict (organization_id, client_id, other_id) do nothing
