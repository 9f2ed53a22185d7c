"""What a support person can do about a refused record, by the code of its refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CORRECT: Final = "Correct it in the store; the next sync loads it."
_SHAPE: Final = (
    "A plugin or a version of the shop sends it differently: correct it there, or report it with "
    "what storeloom quarantine show prints."
)
_AGAIN: Final = "The next sync asks for it again; if it stays, look at the record in the store."
_FILE: Final = "Correct the file, or the store's setting mapping; the next sync loads it."

ADVICE: Final[Mapping[str, str]] = {
    "bad_amount": _CORRECT,
    "bad_currency": "Set its currency in the store; the next sync loads it.",
    "bad_id": _CORRECT,
    "bad_lines": _FILE,
    "bad_number": _FILE,
    "bad_payload": _SHAPE,
    "bad_quantity": _CORRECT,
    "bad_record": "Sync it again; what was kept of it is no record of this version any more.",
    "bad_shape": _SHAPE,
    "bad_text": "Type the text anew in the store; the next sync loads it.",
    "bad_time": _CORRECT,
    "broken_row": _FILE,
    "empty": _AGAIN,
    "missing_amount": _CORRECT,
    "missing_id": (
        "Nothing can be recognised without its id: repair the record in the store, or discard it."
    ),
    "missing_name": "Give it a name in the store; the next sync loads it.",
    "missing_order": _FILE,
    "missing_product": _AGAIN,
    "missing_status": _CORRECT,
    "missing_time": _CORRECT,
    "missing_variants": _AGAIN,
    "no_currency": "Set currency in the store's settings; the next sync loads it.",
    "partial_answer": _AGAIN,
    "repeated_lines": _FILE,
    "rest_payload": "Sync the store: it is read through GraphQL.",
    "skipped": "Discard it: nothing is missing.",
    "store_error": "Repair the record in the store, whose own log says more.",
    "text_too_long": "Shorten the text in the store; the next sync loads it.",
    "too_large": "Correct it in the store; the next sync loads it.",
    "truncated": _AGAIN,
    "unmapped_stream": _FILE,
    "unreadable": (
        "A plugin of the shop prints it wrongly: correct the value there; the next sync loads it."
    ),
    "vanished": _AGAIN,
    "wrong_kind": _SHAPE,
}
# Refusals of the database: the reason itself says which column and which limit.
_BY_DATABASE: Final = (
    "Correct the value in the store, or the rule in the database; then sync or replay it."
)


def advised(reason: str, code: str) -> str:
    """Return a reason followed by what to do about it, as sentences.

    The first begins as it came, often with a field's own name.
    """
    advice = _BY_DATABASE if code.startswith("database_") else ADVICE.get(code, _CORRECT)
    sentence = reason.strip()
    if sentence and sentence[-1] not in ".!?":
        sentence += "."
    return f"{sentence} {advice}".strip()
