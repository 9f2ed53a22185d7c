-- What people changed in columns that a store fills, and which rows of a store they removed.
--
-- The columns are declared in connectors/crm/ownership.py; a test compares the triggers with it.
create table sync.field_edits (
  id bigint generated always as identity primary key,
  organization_id uuid not null references public.organizations (id) on delete cascade,
  table_name text not null,
  row_id uuid not null,
  -- NULL: the whole row was removed.
  column_name text,
  -- jsonb's own null for an empty column; NULL once a person's data was erased, and for removed rows.
  earlier_value jsonb,
  new_value jsonb,
  edited_at timestamptz not null default now(),
  -- Who is signed in to the application, if anybody is, and who is connected to the database. Both
  -- NULL for a change that no trigger saw (a restored copy, a disabled trigger).
  author_id uuid,
  login text,
  -- open: not looked at yet. held: the store lets the CRM win. released: no longer held.
  -- overwritten: the store's value is back. same: store and CRM agree. kept: the store has no say.
  -- restored: the removed row is back. gone: the row, or the store's record, is no more.
  state text not null default 'open',
  settled_at timestamptz,
  -- The run that settled it, and the record that it read; of a removed row from the beginning.
  run_id text,
  store_id uuid,
  stream text,
  external_id text,
  constraint field_edits_table_name_check
  check (table_name in ('crm_clients', 'crm_products', 'crm_orders')),
  constraint field_edits_stream_check check (stream in ('customers', 'products', 'orders')),
  constraint field_edits_state_check check (
    state in ('open', 'held', 'released', 'overwritten', 'same', 'kept', 'restored', 'gone')
  ),
  constraint field_edits_settled_check
  check ((settled_at is null) = (state in ('open', 'held', 'released'))),
  constraint field_edits_removed_check
  check (column_name is not null or external_id is not null),
  constraint field_edits_store_id_fkey foreign key (organization_id, store_id)
  references sync.stores (organization_id, id) on delete set null (store_id)
);

-- Every load asks whether one of its rows was edited; nearly always nothing is in here.
create index idx_field_edits_unsettled
on sync.field_edits (organization_id, row_id) where settled_at is null;
create index idx_field_edits_organization_row on sync.field_edits (organization_id, row_id);
create index idx_field_edits_organization_store_run
on sync.field_edits (organization_id, store_id, run_id);

alter table sync.field_edits enable row level security;

revoke all on sync.field_edits from public, anon, authenticated, service_role;

-- As on every table of ours: a second lock, see 20261101040100_linter_findings.sql.
create policy "The service side manages everything" on sync.field_edits
for all to service_role using (true) with check (true);

-- A line for each of the columns named as arguments that changed, if a store fills the row.
--
-- With the owner's rights: whoever may edit the row has none in schema sync. In UTC, so that a time
-- reads the same whoever wrote it.
create function private.note_field_edits() returns trigger
language plpgsql security definer set search_path = '' set timezone = 'UTC'
as $$
declare
  v_earlier jsonb := to_jsonb(old);
  v_new jsonb := to_jsonb(new);
begin
  insert into sync.field_edits (
    organization_id, table_name, row_id, column_name, earlier_value, new_value, author_id, login
  )
  select
    new.organization_id,
    tg_table_name,
    new.id,
    k.name,
    v_earlier -> k.name,
    v_new -> k.name,
    auth.uid(),
    session_user
  from unnest(tg_argv) as k (name)
  where
    v_earlier -> k.name is distinct from v_new -> k.name
    and exists (
      select
      from sync.record_map as m
      where m.organization_id = new.organization_id and m.crm_id = new.id
    );
  return null;
end
$$;

-- A removed row takes its place in the record map along, so what it stood for is noted before.
create function private.note_removed_row() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into sync.field_edits (
    organization_id, table_name, row_id, author_id, login, store_id, stream, external_id
  )
  select
    old.organization_id,
    tg_table_name,
    old.id,
    auth.uid(),
    session_user,
    m.store_id,
    m.entity,
    m.external_id
  from sync.record_map as m
  where
    m.organization_id = old.organization_id
    and m.crm_id = old.id
    and m.entity in ('customers', 'products', 'orders')
    and m.content_hash is not null
    and m.deleted_at is null
    -- The organization itself may be what is being deleted.
    and exists (select from public.organizations as o where o.id = old.organization_id);
  return old;
end
$$;

-- Storeloom signs its transactions with "storeloom.writer" (connectors/crm/transactions.py); what
-- comes through the API never counts as signed. The conditions stand in WHEN, which costs a load
-- nearly nothing: no function is called for its rows, and nothing is queued.
create trigger trigger_note_field_edits
after update on public.crm_clients
for each row
when (
  (
    coalesce(current_setting('storeloom.writer', true), '') = ''
    or current_user in ('anon', 'authenticated')
  )
  and (
    old.ecommerce_customer_id, old.company_name, old.full_name, old.email, old.phone, old.address
  ) is distinct from (
    new.ecommerce_customer_id, new.company_name, new.full_name, new.email, new.phone, new.address
  )
  -- A chat that is linked to a client without a name lends it the contact's: nobody typed that, and a
  -- store that lets the CRM win must still get its own name in.
  and not (
    pg_trigger_depth() > 0
    and old.full_name is null
    and old.contact_id is null
    and new.contact_id is not null
  )
)
execute function private.note_field_edits(
  'ecommerce_customer_id', 'company_name', 'full_name', 'email', 'phone', 'address'
);

-- Totals follow the orders by a trigger of their own, whoever writes the order: only who types over
-- them directly is noted.
create trigger trigger_note_total_edits
after update on public.crm_clients
for each row
when (
  pg_trigger_depth() = 0
  and (
    coalesce(current_setting('storeloom.writer', true), '') = ''
    or current_user in ('anon', 'authenticated')
  )
  and (old.total_orders, old.total_revenue, old.average_order_value)
  is distinct from (new.total_orders, new.total_revenue, new.average_order_value)
)
execute function private.note_field_edits('total_orders', 'total_revenue', 'average_order_value');

create trigger trigger_note_field_edits
after update on public.crm_products
for each row
when (
  (
    coalesce(current_setting('storeloom.writer', true), '') = ''
    or current_user in ('anon', 'authenticated')
  )
  and (
    old.ecommerce_product_id, old.parent_ecommerce_product_id, old.name, old.description, old.sku,
    old.category, old.price, old.cost, old.currency, old.is_active
  ) is distinct from (
    new.ecommerce_product_id, new.parent_ecommerce_product_id, new.name, new.description, new.sku,
    new.category, new.price, new.cost, new.currency, new.is_active
  )
)
execute function private.note_field_edits(
  'ecommerce_product_id', 'parent_ecommerce_product_id', 'name', 'description', 'sku', 'category',
  'price', 'cost', 'currency', 'is_active'
);

create trigger trigger_note_field_edits
after update on public.crm_orders
for each row
when (
  (
    coalesce(current_setting('storeloom.writer', true), '') = ''
    or current_user in ('anon', 'authenticated')
  )
  and (
    old.ecommerce_order_id, old.client_id, old.order_number, old.subtotal, old.tax, old.shipping,
    old.discount, old.total, old.refunded_total, old.exchange_rate, old.currency, old.status,
    old.items, old.shipping_address, old.tracking_number, old.order_date, old.shipped_date,
    old.delivered_date
  ) is distinct from (
    new.ecommerce_order_id, new.client_id, new.order_number, new.subtotal, new.tax, new.shipping,
    new.discount, new.total, new.refunded_total, new.exchange_rate, new.currency, new.status,
    new.items, new.shipping_address, new.tracking_number, new.order_date, new.shipped_date,
    new.delivered_date
  )
)
execute function private.note_field_edits(
  'ecommerce_order_id', 'client_id', 'order_number', 'subtotal', 'tax', 'shipping', 'discount',
  'total', 'refunded_total', 'exchange_rate', 'currency', 'status', 'items', 'shipping_address',
  'tracking_number', 'order_date', 'shipped_date', 'delivered_date'
);

create trigger trigger_note_removed_row
before delete on public.crm_clients
for each row
when (
  coalesce(current_setting('storeloom.writer', true), '') = ''
  or current_user in ('anon', 'authenticated')
)
execute function private.note_removed_row();

create trigger trigger_note_removed_row
before delete on public.crm_products
for each row
when (
  coalesce(current_setting('storeloom.writer', true), '') = ''
  or current_user in ('anon', 'authenticated')
)
execute function private.note_removed_row();

create trigger trigger_note_removed_row
before delete on public.crm_orders
for each row
when (
  coalesce(current_setting('storeloom.writer', true), '') = ''
  or current_user in ('anon', 'authenticated')
)
execute function private.note_removed_row();

revoke all on function private.note_field_edits() from public, anon, authenticated, service_role;
revoke all on function private.note_removed_row() from public, anon, authenticated, service_role;
