-- Names that were seen with these addresses: all of them where nobody else has the address, else those
-- that end like the person's own. Expects organization_id, client_ids, emails, surnames (the ends, as
-- names are compared). Returns the addresses.
delete from sync.address_names as a
where
  a.organization_id = %(organization_id)s
  and a.email = any(%(emails)s::text [])
  and (
    substring(a.name from '[^ ]+$') = any(%(surnames)s::text [])
    or not exists (
      select
      from public.crm_clients as c
      where
        c.organization_id = %(organization_id)s
        and lower(c.email) = a.email
        and c.id <> all(%(client_ids)s::uuid [])
    )
  )
returning a.email
