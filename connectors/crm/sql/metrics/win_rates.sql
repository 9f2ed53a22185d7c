-- Measures the win rate of every organization, as a whole and by close month, owner and source, and
-- keeps what changed since it was last written.
-- Expects %(as_of)s, the UTC day of the measurement.
-- Returns one row: organizations and groups measured, rows written.
with closed as (
  select
    d.organization_id,
    -- Through a timestamp without time zone: a date would be read in the session's.
    date_trunc('month', d.closed_on::timestamp)::date as close_month,
    d.owner_id,
    c.source,
    d.stage = 'closed_won' as is_won,
    d.deal_value
  from public.crm_deals as d
  inner join public.crm_clients as c
    on
      d.organization_id = c.organization_id
      and d.client_id = c.id
  where d.closed_on is not null
),

groups as (
  select
    organization_id,
    close_month,
    owner_id,
    source,
    case
      when grouping(close_month) = 0 then 'close_month'
      when grouping(owner_id) = 0 then 'owner'
      when grouping(source) = 0 then 'source'
      else 'overall'
    end as dimension,
    count(*) filter (where is_won) as won_count,
    count(*) filter (where not is_won) as lost_count,
    coalesce(sum(deal_value) filter (where is_won), 0) as won_value,
    coalesce(sum(deal_value) filter (where not is_won), 0) as lost_value
  from closed
  group by grouping sets (
    (organization_id),
    (organization_id, close_month),
    (organization_id, owner_id),
    (organization_id, source)
  )
),

latest as (
  select distinct on (w.organization_id, w.dimension, w.close_month, w.owner_id, w.source)
    w.organization_id,
    w.dimension,
    w.close_month,
    w.owner_id,
    w.source,
    w.won_count,
    w.lost_count,
    w.won_value,
    w.lost_value
  from sync.win_rates as w
  where w.as_of <= %(as_of)s
  order by
    w.organization_id asc,
    w.dimension asc,
    w.close_month asc,
    w.owner_id asc,
    w.source asc,
    w.as_of desc
),

-- An organization that closed nothing has a win rate of NULL, and a group that closes nothing any
-- more (its deals were reopened, or moved to another owner) goes to zero instead of staying as it was.
candidates as (
  select
    organization_id,
    dimension,
    close_month,
    owner_id,
    source,
    won_count,
    lost_count,
    won_value,
    lost_value
  from groups
  union all
  select
    o.id as organization_id,
    'overall' as dimension,
    null as close_month,
    null as owner_id,
    null as source,
    0 as won_count,
    0 as lost_count,
    0 as won_value,
    0 as lost_value
  from public.organizations as o
  union all
  select
    organization_id,
    dimension,
    close_month,
    owner_id,
    source,
    0 as won_count,
    0 as lost_count,
    0 as won_value,
    0 as lost_value
  from latest
),

measured as (
  select
    organization_id,
    dimension,
    close_month,
    owner_id,
    source,
    sum(won_count)::bigint as won_count,
    sum(lost_count)::bigint as lost_count,
    sum(won_value) as won_value,
    sum(lost_value) as lost_value
  from candidates
  group by organization_id, dimension, close_month, owner_id, source
),

changed as (
  select
    m.organization_id,
    m.dimension,
    m.close_month,
    m.owner_id,
    m.source,
    m.won_count,
    m.lost_count,
    m.won_value,
    m.lost_value
  from measured as m
  left join latest as l
    on
      m.organization_id = l.organization_id
      and m.dimension = l.dimension
      and m.close_month is not distinct from l.close_month
      and m.owner_id is not distinct from l.owner_id
      and m.source is not distinct from l.source
  where
    (l.won_count, l.lost_count, l.won_value, l.lost_value)
    is distinct from (m.won_count, m.lost_count, m.won_value, m.lost_value)
),

written as (
  insert into sync.win_rates as kept (
    organization_id,
    as_of,
    dimension,
    close_month,
    owner_id,
    source,
    won_count,
    lost_count,
    won_value,
    lost_value
  )
  select
    c.organization_id,
    %(as_of)s,
    c.dimension,
    c.close_month,
    c.owner_id,
    c.source,
    c.won_count,
    c.lost_count,
    c.won_value,
    c.lost_value
  from changed as c
  on conflict (organization_id, dimension, close_month, owner_id, source, as_of) do update
    set
      won_count = excluded.won_count,
      lost_count = excluded.lost_count,
      won_value = excluded.won_value,
      lost_value = excluded.lost_value
  returning kept.organization_id
)

select
  (select count(distinct m.organization_id) from measured as m) as organizations,
  (select count(*) from measured) as measured,
  (select count(*) from written) as written
