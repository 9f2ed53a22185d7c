-- Clients who changed lately and share an e-mail address or a phone number with another client, unless
-- a person has decided about the two or is asked to.
--
-- Expects organization_id, since (null: everybody). Returns pairs, each once and the lower id first:
-- one_id, other_id, rule (email, phone), value. At least one of the two is a store's.
with changed as (
  select
    c.id,
    lower(c.email) as email,
    -- Only what a country's numbering plan has let through, or what WhatsApp knows.
    case when c.phone ~ '^\+[0-9]{7,15}$' then ltrim(c.phone, '+') end as digits,
    case when lower(k.platform) = 'whatsapp' then ltrim(c.platform_user_id, '+') end as chat_digits
  from public.crm_clients as c
  left join public.contacts as k on c.organization_id = k.organization_id and c.contact_id = k.id
  where
    c.organization_id = %(organization_id)s
    and (%(since)s::timestamptz is null or c.updated_at >= %(since)s::timestamptz)
),

numbers as (
  select distinct
    g.id,
    v.digits
  from changed as g
  cross join lateral (values (g.digits), (g.chat_digits)) as v (digits)
  where v.digits ~ '^[0-9]{7,15}$'
),

-- What more than ten have is no one's; all pairs of thousands would be millions.
addresses as materialized (
  select lower(o.email) as email
  from public.crm_clients as o
  where
    o.organization_id = %(organization_id)s
    and lower(o.email) in (select g.email from changed as g)
  group by lower(o.email)
  having count(*) between 2 and 10
),

found as (
  select
    g.id,
    o.id as other_id,
    'email' as rule,
    g.email as value
  from changed as g
  inner join addresses as a on g.email = a.email
  inner join public.crm_clients as o
    on o.organization_id = %(organization_id)s and g.email = lower(o.email) and g.id <> o.id
  union
  select
    n.id,
    o.id as other_id,
    'phone' as rule,
    n.digits as value
  from numbers as n
  inner join public.crm_clients as o
    on
      o.organization_id = %(organization_id)s
      and o.phone is not null
      and n.digits = regexp_replace(o.phone, '[^0-9]', '', 'g')
      and n.id <> o.id
  union
  select
    n.id,
    o.id as other_id,
    'phone' as rule,
    n.digits as value
  from numbers as n
  inner join public.crm_clients as o
    on
      o.organization_id = %(organization_id)s
      and o.platform_user_id = any(array[n.digits, '+' || n.digits])
      and n.id <> o.id
  inner join public.contacts as k
    on
      o.organization_id = k.organization_id
      and o.contact_id = k.id
      and lower(k.platform) = 'whatsapp'
),

pairs as (
  select distinct
    least(f.id, f.other_id) as one_id,
    greatest(f.id, f.other_id) as other_id,
    f.rule,
    f.value
  from found as f
)

select
  p.one_id,
  p.other_id,
  p.rule,
  p.value
from pairs as p
where
  exists (
    select
    from sync.record_map as m
    where
      m.organization_id = %(organization_id)s
      and m.entity in ('customers', 'guests')
      and m.crm_id in (p.one_id, p.other_id)
  )
  -- Families share a number; only of a chat does it say who somebody is.
  and (
    p.rule = 'email'
    or exists (
      select
      from public.crm_clients as c
      where
        c.organization_id = %(organization_id)s
        and c.id in (p.one_id, p.other_id)
        and c.contact_id is not null
    )
  )
  -- An address that a shop does not vouch for identifies nobody.
  and not (
    p.rule = 'email'
    and exists (
      select
      from sync.record_map as m
      where
        m.organization_id = %(organization_id)s
        and m.entity = 'customers'
        and m.crm_id in (p.one_id, p.other_id)
        and m.details ->> 'unverified_email' = p.value
    )
  )
  and not exists (
    select
    from sync.identity_pins as n
    where
      n.organization_id = %(organization_id)s
      and n.client_id = p.one_id
      and n.other_id = p.other_id
  )
  and not exists (
    select
    from sync.identity_reviews as v
    where
      v.organization_id = %(organization_id)s
      and (
        (v.client_id = p.one_id and p.other_id = any(v.candidate_ids))
        or (v.client_id = p.other_id and p.one_id = any(v.candidate_ids))
      )
  )
order by p.one_id, p.other_id, p.rule, p.value
