-- A row; one of the same id, part and position is replaced: the last one in the files counts.
insert or replace into cells (id, part, position, file, line, cells)
values (:id, :part, :position, :file, :line, :cells)
