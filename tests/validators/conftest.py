"""What every test of the rules wants: the offer's terms, and forms judged in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.decisions import Decision
from core.holders import OptionLedger
from core.judgements import Judgement
from core.offer_state import OfferState
from core.submissions import Submission
from offers.loading import load_offer
from offers.terms import Terms
from validators.examples import OFFER, ledger
from validators.judgement import Judgements, judge_all

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def terms() -> Terms:
    return load_offer(CHECKOUT / "offers/capstone_2003").terms


@pytest.fixture(scope="session")
def judged(terms: Terms) -> Callable[..., Judgements]:
    """Judges forms over Ortega's ledger and the unextended offer, unless told otherwise."""

    def judge(
        *forms: Submission,
        over: OptionLedger | None = None,
        offer: OfferState = OFFER,
        decisions: Sequence[Decision] = (),
        terms: Terms = terms,
    ) -> Judgements:
        return judge_all(forms, ledger=over or ledger(), offer=offer, terms=terms, decisions=decisions)

    return judge


@pytest.fixture(scope="session")
def last(judged: Callable[..., Judgements]) -> Callable[..., Judgement]:
    """The judgement on the last of the forms given."""

    def judge(*forms: Submission, **more: object) -> Judgement:
        return judged(*forms, **more).by_submission[forms[-1].id]

    return judge


@pytest.fixture(scope="session")
def codes(last: Callable[..., Judgement]) -> Callable[..., set[str]]:
    """The codes found on the last of the forms given."""

    def of(*forms: Submission, **more: object) -> set[str]:
        return {finding.code for finding in last(*forms, **more).findings}

    return of
