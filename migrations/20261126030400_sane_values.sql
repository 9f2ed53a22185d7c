-- Times and amounts that analytics count with are times and amounts of this world.
--
-- Members write rows through the API, and one order of the year 9999, or of infinity, would stop the
-- views and marts of every organization: infinite dates have no difference, and a calendar of ten
-- thousand years has millions of days. NaN, which numeric takes, makes every sum NaN. Who writes such a
-- row is told; a record of a store goes to quarantine with its reason. Rows that are there already are
-- left alone (not valid).

alter table public.channels
add constraint channels_created_at_sane_check check (
  created_at >= '1900-01-01 00:00:00+00' and created_at < '2201-01-01 00:00:00+00'
) not valid;

alter table public.contacts
add constraint contacts_created_at_sane_check check (
  created_at >= '1900-01-01 00:00:00+00' and created_at < '2201-01-01 00:00:00+00'
) not valid;

alter table public.messages
add constraint messages_sent_at_sane_check check (
  sent_at >= '1900-01-01 00:00:00+00' and sent_at < '2201-01-01 00:00:00+00'
) not valid;

alter table public.crm_clients
add constraint crm_clients_created_at_sane_check check (
  created_at >= '1900-01-01 00:00:00+00' and created_at < '2201-01-01 00:00:00+00'
) not valid;

alter table public.crm_deals
add constraint crm_deals_created_at_sane_check check (
  created_at >= '1900-01-01 00:00:00+00' and created_at < '2201-01-01 00:00:00+00'
) not valid,
add constraint crm_deals_updated_at_sane_check check (
  updated_at >= '1900-01-01 00:00:00+00' and updated_at < '2201-01-01 00:00:00+00'
) not valid,
add constraint crm_deals_stage_changed_at_sane_check check (
  stage_changed_at >= '1900-01-01 00:00:00+00' and stage_changed_at < '2201-01-01 00:00:00+00'
) not valid,
add constraint crm_deals_actual_close_date_sane_check check (
  actual_close_date >= '1900-01-01' and actual_close_date < '2201-01-01'
) not valid;

alter table public.crm_deal_stages_history
add constraint crm_deal_stages_history_created_at_sane_check check (
  created_at >= '1900-01-01 00:00:00+00' and created_at < '2201-01-01 00:00:00+00'
) not valid;

alter table public.crm_orders
add constraint crm_orders_order_date_sane_check check (
  order_date >= '1900-01-01 00:00:00+00' and order_date < '2201-01-01 00:00:00+00'
) not valid,
add constraint crm_orders_shipped_date_sane_check check (
  shipped_date >= '1900-01-01 00:00:00+00' and shipped_date < '2201-01-01 00:00:00+00'
) not valid,
add constraint crm_orders_delivered_date_sane_check check (
  delivered_date >= '1900-01-01 00:00:00+00' and delivered_date < '2201-01-01 00:00:00+00'
) not valid;

alter table public.crm_activities
add constraint crm_activities_created_at_sane_check check (
  created_at >= '1900-01-01 00:00:00+00' and created_at < '2201-01-01 00:00:00+00'
) not valid,
add constraint crm_activities_completed_at_sane_check check (
  completed_at >= '1900-01-01 00:00:00+00' and completed_at < '2201-01-01 00:00:00+00'
) not valid;

alter table public.crm_deals
add constraint crm_deals_deal_value_number_check check (deal_value <> 'NaN') not valid;

alter table public.crm_products
add constraint crm_products_price_number_check check (price <> 'NaN') not valid,
add constraint crm_products_cost_number_check check (cost <> 'NaN') not valid;

alter table public.crm_orders
add constraint crm_orders_subtotal_number_check check (subtotal <> 'NaN') not valid,
add constraint crm_orders_tax_number_check check (tax <> 'NaN') not valid,
add constraint crm_orders_shipping_number_check check (shipping <> 'NaN') not valid,
add constraint crm_orders_discount_number_check check (discount <> 'NaN') not valid,
add constraint crm_orders_total_number_check check (total <> 'NaN') not valid,
add constraint crm_orders_refunded_total_number_check check (refunded_total <> 'NaN') not valid,
add constraint crm_orders_exchange_rate_number_check check (exchange_rate <> 'NaN') not valid;
