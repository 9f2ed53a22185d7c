{{ config(unique_key=[
  'organization_id', 'dimension', 'close_month', 'owner_id', 'source', 'as_of'
]) }}

with win_rates as (
  select
    *,
    as_of = max(as_of) over (
      partition by organization_id, dimension, close_month, owner_id, source
    ) as is_current
  from {{ ref('stg_sync__win_rates') }}
),

closed_deals as (
  select
    deals.organization_id,
    date_trunc('month', deals.closed_on::timestamp)::date as close_month,
    deals.owner_id,
    clients.source,
    deals.currency,
    deals.currency <> organizations.reporting_currency as is_foreign
  from {{ ref('stg_crm__deals') }} as deals
  inner join {{ ref('stg_crm__clients') }} as clients
    on
      deals.organization_id = clients.organization_id
      and deals.client_id = clients.client_id
  inner join {{ ref('stg_crm__organizations') }} as organizations
    on deals.organization_id = organizations.organization_id
  where deals.closed_on is not null
),

-- The measurement sums values as they were entered, so here they show only where they are of one
-- currency.
currencies as (
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
    case when min(currency) = max(currency) then min(currency) end as currency,
    count(*) filter (where is_foreign) as deals_in_a_foreign_currency
  from closed_deals
  group by grouping sets (
    (organization_id),
    (organization_id, close_month),
    (organization_id, owner_id),
    (organization_id, source)
  )
)

select
  win_rates.organization_id,
  win_rates.dimension,
  win_rates.close_month,
  win_rates.owner_id,
  win_rates.source,
  win_rates.as_of,
  win_rates.is_current,
  win_rates.won_count,
  win_rates.lost_count,
  win_rates.win_rate,
  currencies.currency,
  case
    when currencies.currency is not null or win_rates.won_count = 0 then win_rates.won_value
  end as won_value_amount,
  case
    when currencies.currency is not null or win_rates.lost_count = 0 then win_rates.lost_value
  end as lost_value_amount,
  case when currencies.currency is not null then win_rates.win_rate_by_value end
    as win_rate_by_value,
  coalesce(currencies.deals_in_a_foreign_currency, 0) as deals_in_a_foreign_currency
from win_rates
left join currencies
  on
    win_rates.organization_id = currencies.organization_id
    and win_rates.dimension = currencies.dimension
    and win_rates.close_month is not distinct from currencies.close_month
    and win_rates.owner_id is not distinct from currencies.owner_id
    and win_rates.source is not distinct from currencies.source
