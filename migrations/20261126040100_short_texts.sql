-- Texts that analytics group by fit into an index.
--
-- An index takes 2,704 bytes a row. One client whose source was the whole address of an advertisement,
-- or one order in a currency of that length, stopped the refresh of the views, the win rates and the
-- marts of every organization. Who writes such a row is told. Rows that are there already are left
-- alone (not valid).

alter table public.crm_clients
add constraint crm_clients_source_short_check check (octet_length(source) <= 2000) not valid;

alter table public.crm_deals
add constraint crm_deals_currency_short_check check (octet_length(currency) <= 100) not valid;

alter table public.crm_products
add constraint crm_products_currency_short_check check (octet_length(currency) <= 100) not valid;

alter table public.crm_orders
add constraint crm_orders_currency_short_check check (octet_length(currency) <= 100) not valid;
