-- Whose client is this, or what has it become? Expects client_id, which may be a client that was
-- merged away. Returns organization_id, organization, client_id (as it is now).
select
  c.organization_id,
  o.name as organization,
  c.id as client_id
from public.crm_clients as c
inner join public.organizations as o on c.organization_id = o.id
where
  c.id = coalesce(
    (select k.id from public.crm_clients as k where k.id = %(client_id)s),
    (
      select g.winner_id
      from sync.client_merges as g
      where g.loser_id = %(client_id)s and g.undone_at is null
      order by g.id desc
      limit 1
    )
  )
