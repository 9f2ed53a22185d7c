"""The ECB's euro foreign exchange reference rates: fetched, read, kept, and given to orders.

`source.py` fetches or opens a file, `ecb.py` reads it and trusts nothing in it, `keep.py` writes
what differs to `sync.exchange_rates`, `orders.py` lets the orders follow, `findings.py` says what
is missing.
"""

from typing import Final

ECB: Final = "https://www.ecb.europa.eu/stats/eurofxref"
# For those who sell in one currency only, or state their rates themselves.
OFF: Final = "off"
