-- The rows of one stream, to be read by id however they stood in the files. part: 0 the record's own
-- rows, 1 its lines; position: the order in the files. cells: a JSON list in the file's columns.
create table cells (
  id text not null,
  part integer not null,
  position integer not null,
  file integer not null,
  line integer not null,
  cells blob not null,
  primary key (id, part, position)
) without rowid
