-- How many records there are, those that cannot be read included.
select (select count(distinct id) from cells) + (select count(*) from broken) as total
