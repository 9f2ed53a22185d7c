-- Which clients of the organization could these persons be? By the shop's id, by e-mail, by phone.
--
-- Expects organization_id and arrays of equal length: ecommerce_ids, emails (lower case), names (with
-- addresses that several people share, else NULL), phones (E.164); NULL where there is none. Run under the organization's identity lock. Returns position
-- (from 0), client, how it matched (1 id, 2 e-mail, 3 phone), its e-mail and the shop id it follows.
-- Every branch is an index look-up: a join with "or" read all clients for every person.
with persons as (
  select
    (s.position - 1)::integer as place,
    s.ecommerce_id,
    s.email,
    s.name,
    s.phone,
    ltrim(s.phone, '+') as digits
  from unnest(
    %(ecommerce_ids)s::text [], %(emails)s::text [], %(names)s::text [], %(phones)s::text []
  ) with ordinality as s (ecommerce_id, email, name, phone, position)
),

by_id as (
  select p.place, c.id, 1 as rule
  from persons as p
  inner join public.crm_clients as c
    on c.organization_id = %(organization_id)s and c.ecommerce_customer_id = p.ecommerce_id
),

-- Each shared address is gone through once, however many of the batch came with it: thousands of
-- clients can stand behind one. Without "offset 0" all clients were read when none was asked for.
shared as materialized (
  select
    e.email,
    c.id,
    c.name
  from (select distinct p.email from persons as p where p.name is not null) as e
  cross join lateral (
    select
      k.id,
      lower(regexp_replace(btrim(k.full_name), '\s+', ' ', 'g')) as name
    from public.crm_clients as k
    where k.organization_id = %(organization_id)s and lower(k.email) = e.email
    order by k.id
    offset 0
  ) as c
),

with_email as (
  select
    p.place,
    p.email,
    c.id
  from persons as p
  inner join public.crm_clients as c
    on c.organization_id = %(organization_id)s and lower(c.email) = p.email
  where p.name is null
  union all
  select
    p.place,
    p.email,
    h.id
  from persons as p
  inner join shared as h on p.email = h.email and p.name = h.name
),

-- An address the shop does not vouch for identifies nobody: whoever registered it first would be
-- handed the true owner's orders.
by_email as (
  select
    w.place,
    w.id,
    2 as rule
  from with_email as w
  where not exists (
    select
    from sync.record_map as m
    where
      m.organization_id = %(organization_id)s
      and m.crm_id = w.id
      and m.entity = 'customers'
      and m.details ->> 'unverified_email' = w.email
  )
),

by_phone as (
  select p.place, c.id, 3 as rule
  from persons as p
  inner join public.crm_clients as c
    on
      c.organization_id = %(organization_id)s
      and c.phone is not null
      and regexp_replace(c.phone, '[^0-9]', '', 'g') = p.digits
),

-- A WhatsApp user id is the phone number; other platforms' ids are mere numbers.
by_chat as (
  select p.place, c.id, 3 as rule
  from persons as p
  inner join public.crm_clients as c
    on
      c.organization_id = %(organization_id)s
      and c.platform_user_id = any(array[p.digits, p.phone])
  inner join public.contacts as k
    on
      k.organization_id = c.organization_id
      and k.id = c.contact_id
      and lower(k.platform) = 'whatsapp'
),

found as (
  select place, id, rule from by_id
  union
  select place, id, rule from by_email
  union
  select place, id, rule from by_phone
  union
  select place, id, rule from by_chat
)

select
  f.place,
  c.id,
  f.rule,
  lower(c.email) as email,
  sync.followed_customer_id(c.organization_id, c.id, c.ecommerce_customer_id) as followed_id
from found as f
inner join public.crm_clients as c on c.organization_id = %(organization_id)s and c.id = f.id
order by f.place, f.rule, c.created_at, c.id
