{{ config(unique_key=['organization_id', 'transition_id']) }}

with recursive changes as (
  select
    history.organization_id,
    history.transition_id,
    history.deal_id,
    deals.client_id,
    deals.owner_id,
    history.from_stage,
    history.to_stage,
    history.changed_at,
    history.changed_by,
    deals.created_at as deal_created_at,
    count(*) over same_instant as changes_at_once,
    -- Where the deal stood after this instant: what the next change left, else where it stands now.
    coalesce(
      first_value(history.from_stage) over (
        partition by history.organization_id, history.deal_id
        order by history.changed_at asc
        groups between 1 following and 1 following
      ),
      deals.stage
    ) as stage_after
  from {{ ref('stg_crm__deal_stages_history') }} as history
  inner join {{ ref('stg_crm__deals') }} as deals
    on
      history.organization_id = deals.organization_id
      and history.deal_id = deals.deal_id
  window same_instant as (
    partition by history.organization_id, history.deal_id, history.changed_at
  )
),

-- All that one transaction does bears one time, so an import may move a deal several times in an
-- instant, and the ids are random. The order in which it can have happened is a walk that takes each
-- change once. Such a walk never gets stuck when the way out of a stage that leads nearest to its end
-- is taken last; walking on at random does.
at_once as (
  select *
  from changes
  where changes_at_once > 1
),

distances as (
  select
    organization_id,
    deal_id,
    changed_at,
    stage_after as stage,
    0 as moves_to_end
  from at_once
  union distinct
  select
    at_once.organization_id,
    at_once.deal_id,
    at_once.changed_at,
    at_once.from_stage as stage,
    distances.moves_to_end + 1 as moves_to_end
  from distances
  inner join at_once
    on
      distances.organization_id = at_once.organization_id
      and distances.deal_id = at_once.deal_id
      and distances.changed_at = at_once.changed_at
      and distances.stage = at_once.to_stage
  -- Six stages are at most five moves apart.
  where distances.moves_to_end < 5
),

nearest as (
  select
    organization_id,
    deal_id,
    changed_at,
    stage,
    min(moves_to_end) as moves_to_end
  from distances
  group by organization_id, deal_id, changed_at, stage
),

ways as (
  select
    at_once.*,
    row_number() over (
      partition by
        at_once.organization_id, at_once.deal_id, at_once.changed_at, at_once.from_stage
      order by nearest.moves_to_end asc, at_once.transition_id asc
    ) = 1 as is_last_way_out
  from at_once
  left join nearest
    on
      at_once.organization_id = nearest.organization_id
      and at_once.deal_id = nearest.deal_id
      and at_once.changed_at = nearest.changed_at
      and at_once.to_stage = nearest.stage
),

-- Arrays, because a walk that joins reads all of them again for each step.
tied as (
  select
    organization_id,
    deal_id,
    changed_at,
    array_agg(transition_id order by is_last_way_out asc, transition_id asc) as ids,
    array_agg(from_stage order by is_last_way_out asc, transition_id asc) as left_stages,
    array_agg(to_stage order by is_last_way_out asc, transition_id asc) as entered_stages,
    (array_agg(stage_after))[1] as stage_after
  from ways
  group by organization_id, deal_id, changed_at
),

walk as (
  select
    tied.*,
    1 as step,
    start.place,
    array[start.place] as walked
  from tied
  inner join
    lateral (
      select positions.place
      from generate_subscripts(tied.ids, 1) as positions (place)
      order by
        -- It starts in the stage that is left more often than entered; a round trip, where it ends.
        cardinality(array_positions(tied.left_stages, tied.left_stages[positions.place]))
        - cardinality(array_positions(tied.entered_stages, tied.left_stages[positions.place])) desc,
        tied.left_stages[positions.place] is distinct from tied.stage_after asc,
        positions.place asc
      limit 1
    ) as start
    on true
  union all
  select
    walk.organization_id,
    walk.deal_id,
    walk.changed_at,
    walk.ids,
    walk.left_stages,
    walk.entered_stages,
    walk.stage_after,
    walk.step + 1 as step,
    onward.place,
    walk.walked || onward.place as walked
  from walk
  inner join
    lateral (
      select positions.place
      from generate_subscripts(walk.ids, 1) as positions (place)
      where positions.place <> all(walk.walked)
      order by
        walk.left_stages[positions.place]
        is distinct from walk.entered_stages[walk.place] asc,
        positions.place asc
      limit 1
    ) as onward
    on true
),

steps as (
  select
    organization_id,
    ids[place] as transition_id,
    step
  from walk
),

stepped as (
  select
    changes.*,
    steps.step,
    {{ deal_stage_position('changes.from_stage') }} as from_position,
    {{ deal_stage_position('changes.to_stage') }} as to_position
  from changes
  left join steps
    on
      changes.organization_id = steps.organization_id
      and changes.transition_id = steps.transition_id
),

sequenced as (
  select
    *,
    row_number() over in_order as sequence_number,
    lag(changed_at) over in_order as previous_at,
    lead(transition_id) over in_order is null as is_current
  from stepped
  window in_order as (
    partition by organization_id, deal_id
    order by changed_at asc, step asc, transition_id asc
  )
),

directed as (
  select
    *,
    case
      when from_stage is not null
        -- Nothing lies behind a lost deal but winning it: reopening one is no step forward.
        then coalesce(to_position, 0) > coalesce(from_position, 4)
    end as is_forward
  from sequenced
)

select
  organization_id,
  transition_id,
  deal_id,
  client_id,
  owner_id,
  sequence_number,
  from_stage,
  to_stage,
  case
    when from_stage is null then 'created'
    when from_stage = to_stage then 'repeated'
    when to_stage = 'closed_won' then 'won'
    when to_stage = 'closed_lost' then 'lost'
    when from_stage in ('closed_won', 'closed_lost') then 'reopened'
    when is_forward then 'advanced'
    else 'moved_back'
  end as kind,
  is_forward,
  case
    when is_forward then to_position - coalesce(from_position, 4) - 1
    when from_stage is not null then 0
  end as skipped_stages,
  changed_at,
  (changed_at at time zone 'UTC')::date as changed_day,
  changed_by,
  case
    when from_stage is not null
      then extract(
        epoch from changed_at - coalesce(previous_at, least(deal_created_at, changed_at))
      ) / 86400
  end as days_in_from_stage,
  is_current
from directed
