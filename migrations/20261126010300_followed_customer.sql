-- Which of its store's customers a client follows: none once the store has deleted that customer, so
-- that the person's next customer record takes the place instead of being read past for ever.
create function sync.followed_customer_id(
  p_organization_id uuid, p_client_id uuid, p_customer_id text
) returns text
language sql stable set search_path = ''
as $$
  select case
    when exists (
      select
      from sync.record_map as m
      inner join sync.stores as s on m.organization_id = s.organization_id and m.store_id = s.id
      where
        m.organization_id = p_organization_id
        and m.crm_id = p_client_id
        and m.entity = 'customers'
        and m.deleted_at is not null
        and s.id_prefix || m.external_id = p_customer_id
    ) then null
    else p_customer_id
  end
$$;

revoke all on function sync.followed_customer_id(uuid, uuid, text)
from public, anon, authenticated, service_role;
