"""How findings name a box of the form."""

import pytest

from validators.wording import say_box


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("row2.shares", "Row 2, shares"),
        ("schedule.row11.grant_no", "Schedule row 11, grant number"),
        ("schedule.printed_name", "Schedule, printed name"),
        ("signed_at", "Date and time"),
        ("tax_id", "Identification number"),
        ("a box of tomorrow", "A box of tomorrow"),
    ],
)
def test_a_box_is_named_as_people_say_it(key: str, said: str) -> None:
    assert say_box(key) == said
