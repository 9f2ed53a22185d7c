{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_crm__deals'}}}) }}

{#
  A hit is a currency of deals that is not the organization's reporting currency: analytics_deal_metrics
  adds deal values as they were entered, so its sums mix currencies there. A warning, because people
  enter deals; whoever owns them restates the value.
#}
select
  deals.organization_id,
  deals.currency,
  organizations.reporting_currency,
  count(*) as deal_count
from {{ ref('stg_crm__deals') }} as deals
inner join {{ ref('stg_crm__organizations') }} as organizations
  on
    deals.organization_id = organizations.organization_id
    and deals.currency <> organizations.reporting_currency
group by deals.organization_id, deals.currency, organizations.reporting_currency
