"""How histories are drawn."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from tests.chaos.hands import HANDS
from tests.chaos.happenings import HAPPENINGS
from tests.chaos.history import SYNCS, Program, Step

# What comes first is what a failing history shrinks to. Several times: what makes others possible.
KINDS: Final = (
    "pause", *HAPPENINGS, *HAPPENINGS, *HANDS, *SYNCS, *("sync",) * 8, "crossed_sync",
    "broken_sync", "delete", "edit_customer", "move_order", "refund", "trash",
    "turn_up",
)  # fmt: skip
# Lists grow by chance; shorter ones than this rarely hold a story. What is left out when a history
# shrinks becomes a pause.
FEWEST: Final = 12
MOST: Final = 28

_numbers: Final = st.integers(0, 31)
_choices: Final = st.integers(0, 335)
steps: Final = st.builds(Step, st.sampled_from(KINDS), st.integers(0, 1), _numbers, _choices)
programs: Final = st.builds(
    Program,
    st.lists(steps, min_size=FEWEST, max_size=MOST),
    st.lists(st.tuples(_numbers, _choices), min_size=1, max_size=6),
    st.tuples(st.integers(0, 1), st.integers(0, 1)),
    st.sampled_from((4_000, 2)),
    st.booleans(),
    st.booleans(),
)
