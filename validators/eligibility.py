"""Rulebook 3 E: who may tender, by the ledger's word on the holder (OTE §1, §11, Schedule A)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.addresses import Place, place_of
from core.holders import Category
from validators.case import Case
from validators.rule import FATAL, REVIEW, Flaw, Need, Scope, Unknown, rule

ELECTION = Scope.ELECTION
_CITE = "OTE cover, §1, §11, Sch. A"
_REJECTED = "The election is rejected."
_HOLDER = (Need.HOLDER,)


def _barred(case: Case, category: Category, who: str) -> Iterator[Flaw]:
    if case.holder is not None and case.holder.category is category:
        yield Flaw(f"The ledger says that the holder is {who}. The offer is not open to them.")


@rule("INELIGIBLE_DIRECTOR", FATAL, ELECTION, cite=_CITE, follows=_REJECTED, needs=_HOLDER)
def is_no_director(case: Case) -> Iterator[Flaw]:
    """Directors may not tender. Of several roles the highest counts: director, executive officer, management."""
    yield from _barred(case, Category.DIRECTOR, "a director")


@rule("INELIGIBLE_EXEC_OFFICER", FATAL, ELECTION, cite=_CITE, follows=_REJECTED, needs=_HOLDER)
def is_no_executive_officer(case: Case) -> Iterator[Flaw]:
    """Executive officers may not tender."""
    yield from _barred(case, Category.EXECUTIVE_OFFICER, "an executive officer")


@rule("INELIGIBLE_EXEC_MGMT", FATAL, ELECTION, cite="TO cover; OTE §1, Q2", follows=_REJECTED, needs=_HOLDER)
def is_not_of_executive_management(case: Case) -> Iterator[Flaw]:
    """Members of executive management may not tender; the company says who they are."""
    yield from _barred(case, Category.EXECUTIVE_MANAGEMENT, "of executive management")


@rule("INELIGIBLE_CONSULTANT", FATAL, ELECTION, cite="TO cover; OTE §1, Q2", follows=_REJECTED, needs=_HOLDER)
def is_no_consultant(case: Case) -> Iterator[Flaw]:
    """Consultants may not tender."""
    yield from _barred(case, Category.CONSULTANT, "a consultant")


@rule(
    "EXEC_STATUS_DOUBT",
    REVIEW,
    ELECTION,
    cite='OTE §1, Sch. A ("executive management" undefined)',
    follows="The election is held.",
    suggestion="Ask the company whether the holder is of executive management.",
    needs=_HOLDER,
)
def bears_no_executive_title(case: Case) -> Iterator[Flaw | Unknown]:
    """An employee whose title sounds executive, though no list says so, is looked at by a person.

    Words looked for, whole and in any letter case: vice president, VP, chief, president, general counsel, officer,
    executive.
    """
    holder = case.holder
    if holder is None or holder.category is not Category.EMPLOYEE:
        return
    title = re.sub(r"[\s-]+", " ", holder.title.replace(".", "")).strip().casefold()
    words = [
        word for word in case.terms.executive_title_words if re.search(rf"\b{re.escape(word.casefold())}\b", title)
    ]
    if not title:
        yield Unknown("the ledger gives no title for the holder")
    elif words:
        yield Flaw(f"The ledger gives the title “{holder.title}”. The offer does not say who is executive management.")


@rule("NOT_EMPLOYED", FATAL, ELECTION, cite="OTE §1(iii)", follows=_REJECTED, needs=_HOLDER)
def is_employed(case: Case) -> Iterator[Flaw]:
    """The holder must be employed. Leave of absence is employment unless HR says otherwise."""
    if case.holder is not None and case.holder.category is Category.FORMER:
        yield Flaw("The ledger says that the holder's employment has ended.")


@rule("NOT_US_RESIDENT", FATAL, ELECTION, cite="OTE §1(i), Q2, Q3", follows=_REJECTED, needs=_HOLDER)
def resides_in_the_united_states(case: Case) -> Iterator[Flaw | Unknown]:
    """The holder must reside in the United States, by the ledger. An address on the form that disagrees is shown."""
    country = case.holder.country if case.holder else None
    if not country:
        yield Unknown("the ledger gives no country for the holder")
    elif country != "US":
        is_at_odds = place_of(case.submission.fields.address) is Place.UNITED_STATES
        yield Flaw(
            f"The ledger says that the holder lives in {country}.",
            suggestion="The form gives an address in the United States: settle it before anything is sent."
            if is_at_odds
            else "",
        )


RULES = (
    is_no_director,
    is_no_executive_officer,
    is_not_of_executive_management,
    is_no_consultant,
    bears_no_executive_title,
    is_employed,
    resides_in_the_united_states,
)
