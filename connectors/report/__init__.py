"""A report per organization: what the marts say, as one page that needs nothing else.

`figures.py` is what is read, `reading.py` reads it in one transaction, `charts.py` draws,
`page.py` renders, `writing.py` puts the page where only its owner reads it.
"""
