{#
  What the two large marts look at again. Both compare what is stored with what is there: no
  watermark, so an order that is committed late, deleted, or given to another client is found whenever
  it happens. A comparison of a million keys takes seconds; computing and comparing everything behind
  them takes a minute.
#}


{#
  Orders that came, went or changed, and all orders of the clients who have them now or had them:
  theirs may be first, second or third now. `updated_at` changes with every write of an order (a
  trigger); what a mart shows of the store and the organization is compared itself.
#}
{% macro orders_to_mirror() %}
{#- What int_order_stores is made of, so built before it. Asked directly: to find the first record of
    every order takes four seconds of a million, and an order with two is merely looked at each time. -#}
{%- set record_map = ref('int_order_stores').incorporate(path={'identifier': 'stg_sync__record_map'}) -%}
{%- set stores = ref('int_order_stores').incorporate(path={'identifier': 'stg_sync__stores'}) -%}
with stored as (
  select
    organization_id,
    order_id,
    client_id,
    updated_at,
    store_id,
    store_key,
    platform,
    reporting_currency
  from {{ this }}
),

found as (
  select
    orders.organization_id,
    orders.order_id,
    orders.client_id,
    orders.updated_at,
    stores.store_id,
    stores.store_key,
    stores.platform,
    organizations.reporting_currency
  from {{ ref('stg_crm__orders') }} as orders
  inner join {{ ref('stg_crm__organizations') }} as organizations
    on orders.organization_id = organizations.organization_id
  left join (
    {{ record_map }} as linked
    inner join {{ stores }} as stores
      on linked.organization_id = stores.organization_id and linked.store_id = stores.store_id
  )
    on
      linked.entity = 'orders'
      and orders.organization_id = linked.organization_id
      and orders.order_id = linked.crm_id
),

changed as (
  select
    coalesce(stored.organization_id, found.organization_id) as organization_id,
    coalesce(stored.order_id, found.order_id) as order_id,
    stored.client_id as old_client_id,
    found.client_id as new_client_id
  from stored
  full join found
    on stored.organization_id = found.organization_id and stored.order_id = found.order_id
  where
    (
      stored.client_id,
      stored.updated_at,
      stored.store_id,
      stored.store_key,
      stored.platform,
      stored.reporting_currency
    )
    is distinct from (
      found.client_id,
      found.updated_at,
      found.store_id,
      found.store_key,
      found.platform,
      found.reporting_currency
    )
),

clients as (
  select organization_id, old_client_id as client_id from changed
  union
  select organization_id, new_client_id from changed
)

select organization_id, order_id
from changed
union
select orders.organization_id, orders.order_id
from {{ ref('stg_crm__orders') }} as orders
inner join clients
  on orders.organization_id = clients.organization_id and orders.client_id = clients.client_id
{% endmacro %}


{#
  Orders whose lines came, went or changed, and those with a line whose product has appeared, has
  gone, or costs something else now. An order without lines has no row here and is not looked for.
#}
{% macro order_items_to_mirror() %}
{#- Four questions that mostly find nothing, each an anti-join or semi-join: asked as one join with a
    comparison behind it, the planner expects every line to differ and gives up its workers. -#}
with changed as (
  select
    lines.organization_id,
    lines.order_id
  from {{ this }} as lines
  where not exists (
    select 1
    from {{ ref('fct_orders') }} as orders
    where
      lines.organization_id = orders.organization_id
      and lines.order_id = orders.order_id
      and lines.order_updated_at = orders.updated_at
      and lines.reporting_currency = orders.reporting_currency
  )
  union all
  select
    orders.organization_id,
    orders.order_id
  from {{ ref('fct_orders') }} as orders
  where
    orders.item_count > 0
    and not exists (
      select 1
      from {{ this }} as lines
      where orders.organization_id = lines.organization_id and orders.order_id = lines.order_id
    )
  union all
  select
    lines.organization_id,
    lines.order_id
  from {{ this }} as lines
  where
    lines.product_id is not null
    and not exists (
      select 1
      from {{ ref('stg_crm__products') }} as products
      where
        lines.organization_id = products.organization_id
        and lines.product_external_id = products.ecommerce_product_id
        and lines.product_id = products.product_id
        and lines.unit_cost_amount
        is not distinct from case when products.currency = lines.currency then products.cost end
    )
  union all
  select
    lines.organization_id,
    lines.order_id
  from {{ this }} as lines
  where
    lines.product_id is null
    and exists (
      select 1
      from {{ ref('stg_crm__products') }} as products
      where
        lines.organization_id = products.organization_id
        and lines.product_external_id = products.ecommerce_product_id
    )
)

select distinct
  organization_id,
  order_id
from changed
{% endmacro %}
