-- The next ids in order.
select distinct id from cells
where id > :edge
order by id
limit :size
