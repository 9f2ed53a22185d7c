-- All rows of the ids from first to last.
select id, part, file, line, cells from cells
where id between :first and :last
order by id, part, position
