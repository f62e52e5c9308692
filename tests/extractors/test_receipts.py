"""When and where a fax arrived, by the fax server's own word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from extractors.receipts import LISTED, destination_of, receipt_from_sidecar, receipt_from_tiff

OURS = "(818) 734-5381"
PACIFIC_SUMMER = timezone(timedelta(hours=-7))
Tags = dict[int, int | float | str | tuple[int, ...]]
G4: Tags = {259: 4}


def local(stamp: str) -> datetime:
    """A time without a zone."""
    return datetime.fromisoformat(stamp)


def test_a_sidecar_says_when_the_first_and_the_last_page_were_complete() -> None:
    receipt = receipt_from_sidecar(
        {
            "job_id": 812, "received_start": "2003-07-24T16:58:00-07:00", "received_at": "2003-07-25T00:00:00Z",
            "caller_id": "805 555 0100", "pages": "3", "delivery": "fax",
        },
        OURS,
    )  # fmt: skip
    assert receipt.received_start == datetime(2003, 7, 24, 16, 58, tzinfo=PACIFIC_SUMMER)
    assert receipt.received_at == datetime(2003, 7, 25, tzinfo=UTC)
    assert (receipt.source, receipt.job_id, receipt.caller_id, receipt.pages) == ("sidecar", "812", "805 555 0100", 3)


def test_a_time_without_a_zone_stays_without_one() -> None:
    receipt = receipt_from_sidecar({"received_at": "2003-07-22T14:30:00"}, OURS)
    assert receipt.received_at is not None
    assert receipt.received_at.tzinfo is None


@pytest.mark.parametrize("said", ["yesterday", "", "2003-07-32T10:00:00", 20030722, None, ["2003-07-22"]])
def test_a_time_that_cannot_be_read_is_unknown(said: object) -> None:
    assert receipt_from_sidecar({"received_at": said}, OURS).received_at is None


def test_an_empty_sidecar_belongs_to_the_inbox_of_the_listed_number() -> None:
    receipt = receipt_from_sidecar({}, OURS)
    assert (receipt.destination, receipt.delivery, receipt.received_at) == (LISTED, "fax", None)


@pytest.mark.parametrize(
    ("given", "destination"),
    [
        (None, LISTED), ("", LISTED), ("listed", LISTED), ("8187345381", LISTED), ("+1 818.734.5381", LISTED),
        ("1-818-734-5381", LISTED), (18187345381, LISTED),
        ("818-734-5300", "818-734-5300"), ("734-5381", "734-5381"), ("0018187345381", "0018187345381"),
        ("front desk", "front desk"),
    ],
)  # fmt: skip
def test_a_destination_is_compared_with_the_offers_number_by_its_digits(given: object, destination: str) -> None:
    assert destination_of(given, OURS) == destination


def test_hylafax_tags_give_the_first_page_begun_and_the_last_complete() -> None:
    first = {**G4, 306: "2003:07:24 16:58:50", 34910: 40}
    last = {**G4, 306: "2003:07:24 16:59:30", 34910: 45}
    receipt = receipt_from_tiff([first, last])
    assert receipt is not None
    assert receipt.received_start == local("2003-07-24T16:58:50")
    assert receipt.received_at == local("2003-07-24T17:00:15")
    assert (receipt.source, receipt.destination) == ("hylafax", LISTED)


def test_the_date_of_another_fax_program_is_taken_as_its_word() -> None:
    receipt = receipt_from_tiff([{**G4, 306: "2003/07/22 09:15:00"}])
    assert receipt is not None
    assert (receipt.source, receipt.received_at) == ("tiff", local("2003-07-22T09:15:00"))


@pytest.mark.parametrize(
    "pages",
    [
        [],
        [G4],
        [{**G4, 306: "no date"}],
        [{**G4, 306: "2003:13:01 00:00:00"}],
        [{259: 5, 306: "2003:07:22 09:15:00"}],
        [{**G4, 306: "2003:07:22 09:15:00"}, G4],
    ],
)
def test_tags_that_say_nothing_sure_give_no_receipt(
    pages: list[Tags],
) -> None:
    assert receipt_from_tiff(pages) is None
