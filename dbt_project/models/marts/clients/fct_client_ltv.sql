{{ config(unique_key=['organization_id', 'client_id']) }}

with clients as (
  select
    organization_id,
    client_id,
    -- The trigger keeps what calculate_client_ltv adds up; a test compares them.
    total_revenue as ltv,
    total_orders::bigint as order_count,
    total_orders > 0 as is_buyer
  from {{ ref('stg_crm__clients') }}
),

unrated as (
  select
    organization_id,
    client_id,
    count(*) as unrated_orders
  from {{ ref('stg_crm__orders') }}
  where exchange_rate is null and not is_lost
  group by organization_id, client_id
),

placed as (
  select
    *,
    -- Whole numbers, so that no tenth is cut by a rounding error; clients of the same value share
    -- the upper of their deciles.
    case
      when is_buyer
        then ceil(
          10.0 * count(*) over (
            partition by organization_id, is_buyer
            order by ltv asc
            range unbounded preceding
          ) / count(*) over (partition by organization_id, is_buyer)
        )::integer
    end as ltv_decile
  from clients
)

select
  placed.organization_id,
  placed.client_id,
  organizations.reporting_currency,
  placed.ltv,
  placed.order_count,
  coalesce(unrated.unrated_orders, 0) as unrated_orders,
  placed.ltv_decile,
  measured.as_of as ltv_changed_on,
  coalesce(predicted.ltv_method, 'historic_only') as ltv_method,
  predicted.p_alive,
  predicted.expected_orders_90d,
  predicted.expected_orders_365d,
  predicted.expected_order_value,
  predicted.predicted_ltv_365d,
  predicted.as_of as predicted_as_of,
  predicted.reporting_currency as predicted_currency
from placed
inner join {{ ref('stg_crm__organizations') }} as organizations
  on placed.organization_id = organizations.organization_id
left join unrated
  on
    placed.organization_id = unrated.organization_id
    and placed.client_id = unrated.client_id
left join {{ ref('stg_sync__client_ltv') }} as measured
  on
    placed.organization_id = measured.organization_id
    and placed.client_id = measured.client_id
left join {{ ref('stg_sync__client_ltv_predictions') }} as predicted
  on
    placed.organization_id = predicted.organization_id
    and placed.client_id = predicted.client_id
