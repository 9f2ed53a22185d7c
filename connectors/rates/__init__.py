"""The ECB's euro foreign exchange reference rates: fetched, read, kept, and given to orders.

`source.py` fetches or opens a file, `ecb.py` reads it and trusts nothing in it, `keep.py` writes
what differs to `sync.exchange_rates`, `orders.py` lets the orders follow, `findings.py` says what
is missing.
"""
