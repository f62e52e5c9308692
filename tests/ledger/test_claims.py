"""A fax is one fax however often and by however many it is delivered and taken up."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest

from core.transmissions import Receipt
from ledger import claims
from ledger.books import Books, open_books
from ledger.claims import ClaimState, KeptFax

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=10)
FAX = KeptFax("f" * 64, 25_000, f"ff/{'f' * 64}.tif")


@pytest.fixture
def delivered(books: Books) -> Books:
    with books.writing() as connection:
        claims.register(connection, FAX, delivery_id="d0", file="fax.tif", receipt=Receipt(), noted_at=NOW)
    return books


def take(books: Books, owner: str, now: datetime = NOW) -> claims.Claim | None:
    with books.writing() as connection:
        return claims.take(connection, FAX.fax, owner=owner, now=now, lease=LEASE)


def test_the_same_bytes_ten_times_are_one_fax_with_ten_receipts(delivered: Books) -> None:
    for number in range(1, 10):
        with delivered.writing() as connection:
            news = claims.register(
                connection, FAX, delivery_id=f"d{number}", file=f"{number}.tif", receipt=Receipt(), noted_at=NOW
            )
        assert news == (False, True)
    with delivered.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM faxes").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM receipts").scalar() == 10
        assert claims.waiting(connection) == (FAX.fax,)


def test_a_delivery_noted_before_a_crash_is_not_a_second_one(delivered: Books) -> None:
    with delivered.writing() as connection:
        news = claims.register(connection, FAX, delivery_id="d0", file="fax.tif", receipt=Receipt(), noted_at=NOW)
    assert news == (False, False)


def test_while_one_holds_a_fax_no_other_can_take_it(delivered: Books) -> None:
    assert take(delivered, "a") is not None
    assert take(delivered, "b") is None


def test_a_lease_that_ran_out_is_taken_over_and_counted(delivered: Books) -> None:
    take(delivered, "a")
    late = take(delivered, "b", NOW + LEASE + timedelta(seconds=1))
    assert late is not None
    assert (late.owner, late.attempts, late.failures) == ("b", 2, 0)


def test_at_the_very_end_of_a_lease_it_still_holds(delivered: Books) -> None:
    take(delivered, "a")
    assert take(delivered, "b", NOW + LEASE) is None


def test_who_lost_a_claim_can_finish_nothing(delivered: Books) -> None:
    take(delivered, "a")
    take(delivered, "b", NOW + 2 * LEASE)
    with delivered.writing() as connection:
        assert not claims.finish(connection, FAX.fax, owner="a", state=ClaimState.DONE)
        assert not claims.renew(connection, FAX.fax, owner="a", now=NOW, lease=LEASE)
        assert not claims.release(connection, FAX.fax, owner="a", failure="crash")
        assert claims.finish(connection, FAX.fax, owner="b", state=ClaimState.DONE, pages=2)
    with delivered.reading() as connection:
        assert connection.exec_driver_sql("SELECT pages FROM faxes").scalar() == 2


def test_what_is_finished_is_never_taken_again(delivered: Books) -> None:
    take(delivered, "a")
    with delivered.writing() as connection:
        claims.finish(connection, FAX.fax, owner="a", state=ClaimState.QUARANTINED)
    assert take(delivered, "b", NOW + 100 * LEASE) is None
    with delivered.reading() as connection:
        assert claims.waiting(connection) == ()


def test_a_renewed_lease_holds_for_longer(delivered: Books) -> None:
    take(delivered, "a")
    with delivered.writing() as connection:
        assert claims.renew(connection, FAX.fax, owner="a", now=NOW + LEASE, lease=LEASE)
    assert take(delivered, "b", NOW + LEASE + timedelta(minutes=5)) is None


def test_a_failure_is_remembered_and_the_fax_given_back(delivered: Books) -> None:
    for number in range(1, 4):
        claim = take(delivered, "a")
        assert claim is not None and claim.failures == number - 1
        with delivered.writing() as connection:
            claims.release(connection, FAX.fax, owner="a", failure=f"crash {number}")
    with delivered.reading() as connection:
        claim = claims.claim_of(connection, FAX.fax)
    assert claim is not None and (claim.failures, claim.last_failure, claim.owner) == (3, "crash 3", None)


def test_a_claim_given_back_without_failure_blames_nobody(delivered: Books) -> None:
    take(delivered, "a")
    with delivered.writing() as connection:
        claims.release(connection, FAX.fax, owner="a")
        claim = claims.claim_of(connection, FAX.fax)
    assert claim is not None and (claim.owner, claim.failures, claim.attempts) == (None, 0, 1)


def test_the_claims_of_the_dead_are_freed_at_once(delivered: Books) -> None:
    take(delivered, "dead")
    with delivered.writing() as connection:
        assert claims.release_lost(connection, lambda owner: owner == "dead") == (FAX.fax,)
        assert claims.release_lost(connection, lambda owner: owner == "dead") == ()
    assert take(delivered, "b") is not None


def _race(url: str, owner: str, won: multiprocessing.Queue[str]) -> None:
    books = open_books(url)
    if take(books, owner) is not None:
        won.put(owner)
    books.close()


def test_of_processes_that_claim_one_fax_at_once_one_wins(delivered: Books, books_url: str) -> None:
    context = multiprocessing.get_context("fork")
    won: multiprocessing.Queue[str] = context.Queue()
    racers = [context.Process(target=_race, args=(books_url, f"p{n}", won)) for n in range(6)]
    for racer in racers:
        racer.start()
    winner = won.get(timeout=30)
    for racer in racers:
        racer.join()
    assert won.empty()
    with delivered.reading() as connection:
        claim = claims.claim_of(connection, FAX.fax)
    assert claim is not None and (claim.owner, claim.attempts) == (winner, 1)
