"""SQL lives in files, where linters and people can read it; this hands it to the driver.

One statement a file: the extended protocol takes one, and parameters are never pasted into text.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from psycopg import sql

_FOLDER = files("connectors.crm").joinpath("sql")


@cache
def load(name: str) -> sql.SQL:
    """Return the statement in `connectors/crm/sql/<name>.sql`; `name` may hold a folder.

    Placeholders are the driver's, `%(store_id)s`; a literal per cent sign in the file is `%%`.
    """
    text = _FOLDER.joinpath(*f"{name}.sql".split("/")).read_text(encoding="utf-8")
    return sql.SQL(text)
