"""The election that a notice withdraws: judged by itself it would always wait, with nothing there to withdraw."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from core.holders import OptionLedger
from core.submissions import Submission
from samples import contents

_SIGNED_AT = datetime(2003, 6, 25, 6, 30, tzinfo=contents.PACIFIC)
"""The offer's first morning, before the samples' office hours."""
_DAY = "{mm}/{dd}/{yyyy}"
_PLAIN = contents.Manner(
    _DAY, _DAY, "{h}:{min} {ap}", dollar="$", thousands=True, cents="exact", capitals=False, joint=" "
)


def election_on_file(ledger: OptionLedger, holder_id: str) -> Submission | None:
    """A keyed election in good order of all that the holder may tender; None where that is nothing."""
    holder = ledger.holder(holder_id)
    grants = contents.eligible_grants(ledger, holder)[:8] if holder else ()
    if holder is None or not grants:
        return None
    election = contents.good_election(
        np.random.default_rng(0), ledger, holder, _PLAIN, version="2003-06-25", signed_at=_SIGNED_AT, grants=grants
    )
    return replace(election, id="on file")
