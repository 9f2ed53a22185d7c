-- All rows of the ids from first to last.
select id, part, file, line, cells from cells
where id between :lowest and :highest
order by id, part, position
