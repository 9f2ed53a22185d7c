-- Expects organization_id, store_id, available, maximum, per_second, given_back.
--
-- The store does not know what was set aside and has not arrived yet, so its word may only lower
-- our level. What a killed process had set aside is regained when the level reaches the maximum.
insert into sync.allowances as a (
  organization_id, store_id, level, maximum, per_second, as_of
)
values (
  %(organization_id)s, %(store_id)s, %(available)s, %(maximum)s, %(per_second)s, clock_timestamp()
)
on conflict (store_id) do update set
  level = least(
    excluded.level,
    a.level
    + a.per_second * greatest(0, extract(epoch from clock_timestamp() - a.as_of))
    + %(given_back)s
  ),
  maximum = excluded.maximum,
  per_second = excluded.per_second,
  as_of = clock_timestamp()
where a.organization_id = excluded.organization_id
