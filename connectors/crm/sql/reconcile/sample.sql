-- Records to be compared column by column: half of those written lately, half of those compared
-- never or longest ago; by lot among equals.
--
-- Expects organization_id, store_id, stream, seed, since ("lately"), size. Returns external_id.
with lots as (
  select
    m.external_id,
    m.updated_at,
    m.compared_at,
    hashtextextended(m.external_id, %(seed)s) as lot
  from sync.record_map as m
  where
    m.organization_id = %(organization_id)s
    and m.store_id = %(store_id)s
    and m.entity = %(stream)s
    and m.content_hash is not null
    and m.deleted_at is null
),

lately as (
  select l.external_id
  from lots as l
  where l.updated_at >= %(since)s
  order by l.lot
  limit %(size)s / 2
),

longest_ago as (
  select l.external_id
  from lots as l
  where l.external_id not in (select t.external_id from lately as t)
  order by l.compared_at nulls first, l.lot
  limit %(size)s - (select count(*) from lately)
)

select t.external_id
from lately as t
union all
select f.external_id
from longest_ago as f
