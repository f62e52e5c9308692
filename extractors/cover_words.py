"""What a cover sheet says that counts for the form it came with: a condition there is a condition (rulebook 24).

Greetings, numbers of pages and legends of confidentiality are not the holder's instructions and count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.transmissions import PageReading
from extractors.free_text import signs_in

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_LEGEND = re.compile(
    r"confidential|privileged|intended recipient|in error|unauthori[sz]ed|prohibited|disseminat", re.IGNORECASE
)


def words_that_count(page: PageReading) -> tuple[str, ...]:
    """The sentences of a cover sheet with a condition, a partial withdrawal, a name change or a capacity in them."""
    if page.page_class != "COVER":
        return ()
    return tuple(_sentences(page.text))


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(text):
        said = " ".join(sentence.split())
        if said and not _LEGEND.search(said) and signs_in(said):
            yield said
