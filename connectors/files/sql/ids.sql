-- The next ids in order.
select distinct id from cells
where id > :after
order by id
limit :size
