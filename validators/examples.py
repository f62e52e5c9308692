"""For every code an example that fires and one that only just does not: shown in the rule table and run by the tests.

Everything starts from a perfect form of Maria L. Ortega over a small ledger; an example changes only what it is about.
All persons and numbers are made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.offer_state import Extension, OfferState
from core.readings import Doubt
from core.submissions import Evidence, Fields, GrantRow, Kind, Schedule, Signature, Submission

_PDT = timezone(timedelta(hours=-7))


def pdt(day: int, hour: int = 0, minute: int = 0, second: int = 0, month: int = 7) -> datetime:
    """A moment of the offer's summer, on its own clock."""
    return datetime(2003, month, day, hour, minute, second, tzinfo=_PDT)


EXPIRATION = pdt(24, 17)
OFFER = OfferState(expiration=EXPIRATION)


# ---------------------------------------------------------------------------------------------------------- the ledger


def holder(holder_id: str = "H1", name: str = "Maria L. Ortega", **changes: Any) -> Holder:
    perfect = Holder(
        holder_id=holder_id,
        name_on_agreement=name,
        category=Category.EMPLOYEE,
        country="US",
        tax_id=f"000-12-{1000 + int(holder_id[1:])}",
        title="Buyer",
    )
    return replace(perfect, **changes)


def grant(grant_no: str, on: str, price: str, shares: int, holder_id: str = "H1", **changes: Any) -> Grant:
    granted_on = date.fromisoformat(on)
    perfect = Grant(
        grant_no=grant_no,
        holder_id=holder_id,
        plan=Plan.PLAN_2000,
        grant_date=granted_on,
        exercise_price=Decimal(price),
        shares_granted=shares,
        shares_exercised=0,
        shares_cancelled=0,
        type=GrantType.NSO,
        expires_on=granted_on.replace(year=granted_on.year + 10),
    )
    return replace(perfect, **changes)


GRANT_1041 = grant("1041", "2001-03-15", "24.50", 1200)
GRANT_1187 = grant("1187", "2002-04-24", "3.33", 1000, type=GrantType.ISO)
ANOTHERS = grant("1195", "2002-04-24", "3.33", 450, holder_id="H2")
_ISO_HALF = grant("1090", "2001-06-12", "33.75", 600, type=GrantType.ISO, split_group="SG1")
_NSO_HALF = grant("1091", "2001-06-12", "33.75", 1400, split_group="SG1")


def ledger(*grants: Grant, of: Holder | None = None) -> OptionLedger:
    """Ortega's and her neighbour's grants, or, where `grants` are given, these beside the neighbour's."""
    own = grants or (GRANT_1041, GRANT_1187)
    return OptionLedger.of([of or holder(), holder("H2", "Robert Chen")], [*own, ANOTHERS])


# ----------------------------------------------------------------------------------------------------------- the forms


def row_of(one: Grant, **changes: Any) -> GrantRow:
    """A row as a careful holder writes it."""
    perfect = GrantRow(
        grant_no=one.grant_no,
        grant_date=f"{one.grant_date.month}/{one.grant_date.day}/{one.grant_date:%y}",
        price=f"${one.exercise_price}",
        shares=f"{one.unexercised:,}",
    )
    return replace(perfect, **changes)


ROW_1041, ROW_1187 = row_of(GRANT_1041), row_of(GRANT_1187)
_SUBMISSION_FIELDS = {one.name for one in fields(Submission)}


def _form(kind: Kind, pages: tuple[str, ...], boxes: Mapping[str, Any], changes: Mapping[str, Any]) -> Submission:
    of_submission = {name: value for name, value in changes.items() if name in _SUBMISSION_FIELDS}
    of_fields = {name: value for name, value in changes.items() if name not in _SUBMISSION_FIELDS}
    perfect = Submission(
        id="S1",
        kind=kind,
        form_version="2003-07-09",
        pages=pages,
        fields=Fields(
            printed_name="Maria L. Ortega",
            signature=Signature(present=True),
            tax_id="000-12-1001",
            email="holder.h1@example.com",
            address="21211 Nordhoff Street, Chatsworth, CA 91311",
        ),
    )
    defaults = {name: value for name, value in boxes.items() if name not in _SUBMISSION_FIELDS}
    facts = {name: value for name, value in boxes.items() if name in _SUBMISSION_FIELDS}
    written = replace(perfect.fields, **{**defaults, **of_fields})
    return replace(perfect, **{**facts, "fields": written, **of_submission})


def election(**changes: Any) -> Submission:
    """Ortega's first election, signed July 14 at 10:15, received at 10:40; keywords change submission or boxes."""
    boxes = {
        "received_at": pdt(14, 10, 40),
        "date": "7/14/03",
        "time": "10:15 am",
        "rows": (ROW_1041, ROW_1187),
    }
    return _form(Kind.ELECTION, ("E1", "E2"), boxes, changes)


def amendment(**changes: Any) -> Submission:
    """Ortega's second election, for 1041 only, box checked, signed July 15 at 9:00, received at 9:10."""
    boxes = {
        "id": "S2",
        "received_at": pdt(15, 9, 10),
        "date": "7/15/03",
        "time": "9:00 am",
        "amend_box": True,
        "rows": (ROW_1041,),
    }
    return _form(Kind.ELECTION, ("E1", "E2"), boxes, changes)


def notice(**changes: Any) -> Submission:
    """Ortega's notice, signed July 16 at 9:00, received at 9:20."""
    boxes = {"id": "S3", "received_at": pdt(16, 9, 20), "date": "7/16/03", "time": "9:00 am"}
    return _form(Kind.NOTICE, ("N1",), boxes, changes)


def schedule(*rows: GrantRow, **changes: Any) -> Schedule:
    return replace(Schedule(rows=rows, name="Maria L. Ortega", signed=True, date="7/14/03"), **changes)


# -------------------------------------------------------------------------------------------------------- the examples


@dataclass(frozen=True, slots=True)
class Story:
    """Forms in order of receipt over a ledger and an offer; the last one is what the story is about."""

    says: str
    forms: tuple[Submission, ...]
    ledger: OptionLedger
    offer: OfferState


@dataclass(frozen=True, slots=True)
class Example:
    code: str
    fires: Story
    passes: Story


def story(
    says: str,
    *forms: Submission,
    ledger: OptionLedger | None = None,
    offer: OfferState = OFFER,
    of: Holder | None = None,
) -> Story:
    return Story(says, forms, ledger or _ledger_of(of), offer)


def _ledger_of(of: Holder | None) -> OptionLedger:
    return ledger(of=of)


def _split(**changes: Any) -> OptionLedger:
    """Ortega's divided grant, its ISO half changed."""
    return ledger(replace(_ISO_HALF, **changes), _NSO_HALF)


_LATE = pdt(24, 17, 0, 1)
_UNSIGNED = Signature(present=False)
_NAIVE = datetime(2003, 7, 24, 17, 30)  # noqa: DTZ001 - a stamp without zone is what the examples are about
_EXHAUSTED = grant("0512", "1998-02-02", "2.25", 400, shares_exercised=400)
_EXERCISED = grant("0877", "1999-11-08", "6.00", 1000, shares_exercised=700)
_CHEAP = grant("1250", "2002-06-26", "1.999", 500)
_AT_TWO = grant("1251", "2002-06-26", "2.00", 500)
_OUTSIDE = grant("2002", "2002-01-29", "4.70", 500, plan=Plan.OUTSIDE)
_NEW = grant("1408", "2003-06-26", "2.05", 100)
_OF_THE_DAY = grant("1409", "2003-06-25", "2.05", 100)
_EXPIRING = grant("0640", "1993-07-25", "2.10", 100)
_EXPIRING_LATER = grant("0641", "1993-07-26", "2.10", 100)
_UNRECORDED_ISO = grant("1120", "2001-09-04", "6.10", 800, type=GrantType.ISO)
_UNRECORDED_NSO = grant("1121", "2001-09-04", "6.10", 200)
_DOUBT = Doubt("row1.shares", confidence=0.61, asks=0.97)


def _with_row(says: str, one: Grant, **changes: Any) -> Story:
    """An election for one grant of the ledger, its row changed."""
    return story(says, election(rows=(row_of(one, **changes),)), ledger=ledger(one, GRANT_1187))


def _role(says: str, **changes: Any) -> Story:
    return story(says, election(), of=holder(**changes))


def _of_1041(says: str, **changes: Any) -> Story:
    return _with_row(says, GRANT_1041, **changes)


def _examples() -> Iterator[tuple[str, Story, Story]]:
    yield from _of_delivery()
    yield from _of_completeness()
    yield from _of_names()
    yield from _of_signature_block()
    yield from _of_schedules()
    yield from _of_rows()
    yield from _of_splits_and_repeats()
    yield from _of_eligibility()
    yield from _of_order()


def _of_delivery() -> Iterator[tuple[str, Story, Story]]:
    yield (
        "DELIVERY_EMAIL",
        story("A scan of the form came by e-mail.", election(delivery="email")),
        story("It came by fax, and was forwarded by e-mail inside the house.", election(delivery="fax")),
    )
    yield (
        "DELIVERY_OTHER",
        story("The form came by courier.", election(delivery="courier")),
        story("The holder handed it over.", election(delivery="hand")),
    )
    yield (
        "WRONG_DESTINATION",
        story("The fax went to the switchboard.", election(destination="(818) 734-5300")),
        story("It went to the listed number.", election(destination="listed")),
    )
    yield (
        "LATE_RECEIPT",
        story("Received Jul 24 at 5:00:01 p.m. PDT.", election(received_at=_LATE)),
        story("Received at 4:59:59 p.m. PDT.", election(received_at=pdt(24, 16, 59, 59))),
    )
    yield (
        "LATE_PENDING_EXTENSION",
        story("Received Jul 25 at 6:00 a.m. PDT.", election(received_at=pdt(25, 6))),
        story("Received one second later.", election(received_at=pdt(25, 6, 0, 1))),
    )
    yield (
        "RECEIPT_AT_DEADLINE",
        story("Received at exactly 5:00:00 p.m. PDT.", election(received_at=EXPIRATION)),
        story("Received one second before.", election(received_at=EXPIRATION - timedelta(seconds=1))),
    )
    yield (
        "FAX_STRADDLES_DEADLINE",
        story(
            "The call ran from 4:58 to 5:02 p.m.", election(received_start=pdt(24, 16, 58), received_at=pdt(24, 17, 2))
        ),
        story(
            "The call began at 5:00 p.m. and is simply late.",
            election(received_start=EXPIRATION, received_at=pdt(24, 17, 2)),
        ),
    )
    yield (
        "RECEIPT_TIME_UNKNOWN",
        story("A hand-delivered form bears no stamp.", election(delivery="hand", received_at=None)),
        story("It is stamped.", election(delivery="hand")),
    )
    yield (
        "RECEIPT_TZ_MISSING",
        story("The stamp says Jul 24, 8:30 and no zone.", election(received_at=_NAIVE.replace(hour=8), date="7/23/03")),
        story("The stamp names its zone.", election(received_at=pdt(24, 8, 30), date="7/23/03")),
    )
    yield (
        "RECEIPT_TZ_CRITICAL",
        story("The stamp says Jul 24, 17:30 and no zone.", election(received_at=_NAIVE)),
        story("The stamp says 17:00:00 and no zone.", election(received_at=_NAIVE.replace(minute=0))),
    )
    yield (
        "BEFORE_COMMENCEMENT",
        story("Stamped Jun 24, 11:59 p.m.", election(received_at=pdt(24, 23, 59, month=6), date="6/24/03")),
        story(
            "Stamped Jun 25, just after midnight.",
            election(received_at=pdt(25, 0, 0, 1, month=6), date="6/25/03", time="12:00 am", form_version="2003-06-25"),
        ),
    )
    terminated = replace(OFFER, terminated_at=pdt(20, 12))
    yield (
        "OFFER_TERMINATED",
        story("Received when the offer was terminated.", election(received_at=pdt(20, 12)), offer=terminated),
        story("Received a second before.", election(received_at=pdt(20, 11, 59, 59)), offer=terminated),
    )
    yield (
        "FORM_TYPE_UNKNOWN",
        story("The title page is cut off.", election(kind=None)),
        story("The title reads ELECTION FORM.", election()),
    )
    yield (
        "BUNDLED_FAX",
        story("The fax held an election and a notice.", election(bundle_size=2)),
        story("The fax held one form.", election(bundle_size=1)),
    )
    yield (
        "UNCLASSIFIED_PAGE",
        story("A third page bears only handwriting.", election(pages=("E1", "E2", "UNKNOWN"))),
        story("The instruction pages were faxed along.", election(pages=("COVER", "E1", "E2", "I1", "I2"))),
    )


def _of_completeness() -> Iterator[tuple[str, Story, Story]]:
    yield (
        "FORM_VERSION_OLD",
        story("The form is the edition of June 25.", election(form_version="2003-06-25")),
        story("It is the edition of July 9.", election()),
    )
    yield (
        "FORM_VERSION_UNKNOWN",
        story("The form was typed anew.", election(form_version=None)),
        story("It is the edition of June 25.", election(form_version="2003-06-25")),
    )
    yield (
        "FORM_VERSION_DATE_CONFLICT",
        story("On the July 9 edition, dated July 8.", election(date="7/8/03")),
        story("Dated July 9.", election(date="7/9/03")),
    )
    yield (
        "PAGE_MISSING",
        story("Page E1 was not faxed.", election(pages=("E2",))),
        story("Cover sheet and instructions were not faxed.", election(pages=("E1", "E2"))),
    )
    yield (
        "PAGE_UNREADABLE",
        story("Page E2 came too faint to read.", election(pages=("E1", "E2!"))),
        story("Only an instruction page came too faint.", election(pages=("E1", "E2", "I2!"))),
    )
    yield (
        "DUPLICATE_FAX",
        story("The same form is faxed again.", election(), election(id="S2", received_at=pdt(17, 9))),
        story(
            "The first copy went to a wrong number.",
            election(destination="(818) 734-5300"),
            election(id="S2", received_at=pdt(17, 9)),
        ),
    )
    yield (
        "CURE_RESUBMISSION",
        story(
            "The form came unsigned, then signed.",
            election(signature=_UNSIGNED),
            election(id="S2", received_at=pdt(17, 9)),
        ),
        story(
            "It came unsigned, then signed with another time.",
            election(signature=_UNSIGNED),
            election(id="S2", time="10:20 am", received_at=pdt(17, 9)),
        ),
    )
    yield (
        "FORM_ALTERED",
        story("Acknowledgement (c) is struck through.", election(struck_text=("E1 para (c)",))),
        story("Only an unused table row is struck.", election(rows=(ROW_1041, GrantRow(struck=True)))),
    )
    yield (
        "CONDITIONAL_TENDER",
        story("“Only if the price stays below $2.”", election(notes="Only if the price stays below $2.")),
        story("“Please confirm receipt.”", election(notes="Please confirm receipt.")),
    )
    yield (
        "FREE_TEXT",
        story("“Please confirm receipt.”", election(notes="Please confirm receipt.")),
        story("A condition has a rule of its own.", election(notes="provided that I stay employed")),
    )
    yield (
        "OCR_LOW_CONFIDENCE",
        story("The shares of row 1 were read with confidence 0.61.", election(doubts=(_DOUBT,))),
        story("All was read with the confidence asked.", election(doubts=())),
    )


def _of_names() -> Iterator[tuple[str, Story, Story]]:
    married, proof = "Maria L. Lopez", (Evidence.NAME_CHANGE_PROOF,)
    signed_for = Signature(present=True, reads_as="Ana Ortega for Maria L. Ortega")
    evidence = (Evidence.AUTHORITY_EVIDENCE,)
    yield (
        "HOLDER_UNKNOWN",
        story(
            "Neither name, number nor grants are in the ledger.",
            election(printed_name="Jane Doe", tax_id="", rows=(GrantRow("9999", "3/15/01", "$24.50", "1,200"),)),
        ),
        story(
            "The name is misspelt, but the grants are all one holder's.", election(printed_name="M Ortega", tax_id="")
        ),
    )
    yield (
        "SIGNATURE_MISSING",
        story("The signature box is empty.", election(signature=_UNSIGNED)),
        story("The signature is illegible.", election(signature=Signature(present=True, reads_as=None))),
    )
    yield (
        "SIGNATURE_UNCLEAR",
        story("The name is stamped.", election(signature=Signature(present=None))),
        story("The name is signed.", election(signature=Signature(present=True))),
    )
    yield (
        "SIGNATURE_MISMATCH",
        story("The signature reads M. Ortega.", election(signature=Signature(present=True, reads_as="M. Ortega"))),
        story("It reads MARIA L ORTEGA.", election(signature=Signature(present=True, reads_as="MARIA L ORTEGA"))),
    )
    yield (
        "NAME_MISSING",
        story("No name is printed.", election(printed_name="")),
        story("A name is printed.", election()),
    )
    yield (
        "NAME_MISMATCH",
        story("“Maria Ortega”; the agreement says Maria L. Ortega.", election(printed_name="Maria Ortega")),
        story("“MARÍA  L ORTEGA”: only case, accent and spaces differ.", election(printed_name="MARÍA  L ORTEGA")),
    )
    yield (
        "NAME_CHANGE_NO_PROOF",
        story(
            "“Maria L. Lopez, formerly Ortega”, without proof.",
            election(printed_name=married, notes="formerly Maria L. Ortega"),
        ),
        story(
            "Proof came with it.",
            election(printed_name=married, notes="formerly Maria L. Ortega", evidence=proof),
        ),
    )
    yield (
        "NAME_CHANGE_PROOF_REVIEW",
        story(
            "The ledger records the new name, and proof came along.",
            election(printed_name=married, evidence=proof),
            of=holder(legal_name_changes=(married,)),
        ),
        story("The name has not changed; the proof is not needed.", election(evidence=proof)),
    )
    yield (
        "REP_TITLE_MISSING",
        story("“Ana Ortega for Maria L. Ortega”, no title.", election(signature=signed_for, evidence=evidence)),
        story("With title.", election(signature=signed_for, evidence=evidence, title="Attorney-in-Fact")),
    )
    yield (
        "REP_EVIDENCE_MISSING",
        story(
            "“Ana Ortega for Maria L. Ortega”, no evidence.", election(signature=signed_for, title="Attorney-in-Fact")
        ),
        story(
            "With evidence of authority.",
            election(signature=signed_for, title="Attorney-in-Fact", evidence=evidence),
        ),
    )
    yield (
        "REP_EVIDENCE_REVIEW",
        story(
            "An attorney-in-fact signs, with title and evidence.",
            election(capacity="attorney-in-fact", title="Attorney-in-Fact", evidence=evidence),
        ),
        story("The holder signs; the evidence is not needed.", election(evidence=evidence)),
    )


def _of_signature_block() -> Iterator[tuple[str, Story, Story]]:
    yield (
        "DATE_MISSING",
        story("The date is blank.", election(date="")),
        story("The date is written.", election()),
    )
    yield (
        "DATE_UNREADABLE",
        story("“7/32/03”", election(date="7/32/03")),
        story("“July 14, 2003”", election(date="July 14, 2003")),
    )
    yield (
        "DATE_FORMAT_ASSUMED",
        story("“July 14”", election(date="July 14")),
        story("“7/14/03”", election(date="7/14/03")),
    )
    yield (
        "TIME_MISSING",
        story("The time is blank.", election(time="")),
        story("“noon”", election(time="noon", received_at=pdt(14, 13))),
    )
    yield (
        "TIME_UNREADABLE",
        story("“2:15”", election(time="2:15", received_at=pdt(14, 15))),
        story("“14:15”", election(time="14:15", received_at=pdt(14, 15))),
    )
    yield (
        "TAXID_MISSING",
        story("“on file”", election(tax_id="on file")),
        story("“1001”: partial, not missing.", election(tax_id="1001")),
    )
    yield (
        "TAXID_PARTIAL",
        story("Only the last four digits, and they agree.", election(tax_id="xxx-xx-1001")),
        story("The whole number.", election(tax_id="000121001")),
    )
    yield (
        "TAXID_MISMATCH",
        story("Two digits are exchanged.", election(tax_id="000-12-0101")),
        story("The last four digits agree: partial, no mismatch.", election(tax_id="1001")),
    )
    yield (
        "EMAIL_MISSING",
        story("The e-mail box is blank.", election(email="")),
        story("An address is written.", election()),
    )
    yield (
        "EMAIL_INVALID",
        story("“ortega at example.com”", election(email="ortega at example.com")),
        story("“m.ortega@mail.example.com”", election(email="m.ortega@mail.example.com")),
    )
    yield (
        "ADDRESS_MISSING",
        story("The address box is blank.", election(address=" ")),
        story("Only a work address is written.", election()),
    )
    yield (
        "ADDRESS_NON_US",
        story("“12 King Street West, Toronto, Ontario”", election(address="12 King Street West, Toronto, Ontario")),
        story("“12 Euclid Avenue, Ontario, CA 91762”", election(address="12 Euclid Avenue, Ontario, CA 91762")),
    )
    yield (
        "SIGNED_AFTER_RECEIPT",
        story("Signed 10:56, received 10:40.", election(time="10:56 am")),
        story("Signed 10:55: a watch fifteen minutes ahead.", election(time="10:55 am")),
    )
    yield (
        "SIGNED_BEFORE_OFFER",
        story("Dated Jun 24.", election(date="6/24/03")),
        story("Dated Jun 25.", election(date="6/25/03", form_version="2003-06-25")),
    )
    yield (
        "SIGNED_BEFORE_AMENDMENT",
        story("On the June 25 edition, dated Jul 8.", election(date="7/8/03", form_version="2003-06-25")),
        story("Dated Jul 9.", election(date="7/9/03", form_version="2003-06-25")),
    )


def _of_schedules() -> Iterator[tuple[str, Story, Story]]:
    def on_schedule(says: str, **changes: Any) -> Story:
        return story(says, election(rows=(ROW_1041,), schedule=schedule(ROW_1187, **changes)))

    perfect = on_schedule("Signed, dated and named like the form.")
    yield "SCHEDULE_UNSIGNED", on_schedule("The schedule is not signed.", signed=False), perfect
    yield (
        "SCHEDULE_UNDATED",
        on_schedule("The schedule bears no date.", date=""),
        story("The schedule has no rows.", election(schedule=schedule(date=""))),
    )
    yield (
        "SCHEDULE_UNNAMED",
        on_schedule("The schedule bears no name.", name=""),
        story(
            "Its one row exactly repeats a row of the table.",
            election(rows=(ROW_1041, ROW_1187), schedule=schedule(ROW_1187, name="")),
        ),
    )
    yield (
        "SCHEDULE_NAME_MISMATCH",
        on_schedule("The schedule says Maria Ortega.", name="Maria Ortega"),
        on_schedule("It says MARIA L ORTEGA.", name="MARIA L ORTEGA"),
    )
    yield (
        "SCHEDULE_DATE_DIFFERS",
        on_schedule("The schedule is dated Jul 13.", date="7/13/03"),
        on_schedule("It says July 14, 2003.", date="July 14, 2003"),
    )


def _of_rows() -> Iterator[tuple[str, Story, Story]]:
    blank = election(id="S2", rows=(), date="7/15/03", received_at=pdt(15, 11), amend_box=True)
    yield (
        "TABLE_BLANK",
        story("No row is filled.", election(rows=())),
        story("Only the schedule is filled.", election(rows=(), schedule=schedule(ROW_1041))),
    )
    yield (
        "BLANK_AMENDMENT",
        story("A second form has no rows.", election(), blank),
        story("The first form has no rows.", election(rows=())),
    )
    yield (
        "NO_ACCEPTABLE_ROW",
        story("The only row is in part.", election(rows=(row_of(GRANT_1041, shares="600"),))),
        story("A good row stands beside it.", election(rows=(row_of(GRANT_1041, shares="600"), ROW_1187))),
    )
    yield (
        "GRANT_NO_MISSING",
        _of_1041("The row bears no grant number.", grant_no=""),
        _of_1041("It says “No. 1041”.", grant_no="No. 1041"),
    )
    yield (
        "GRANT_NO_UNREADABLE",
        _of_1041("One digit cannot be read.", grant_no="10?1"),
        _of_1041("All can be read.", grant_no="1041"),
    )
    yield (
        "GRANT_UNKNOWN",
        _of_1041("“01041”: the leading zero is part of the number.", grant_no="01041"),
        _of_1041("“# 1041”", grant_no="# 1041"),
    )
    yield (
        "GRANT_NOT_HOLDERS",
        story("1195 is another holder's.", election(rows=(ROW_1041, row_of(ANOTHERS)))),
        story("1187 is her own.", election(rows=(ROW_1041, ROW_1187))),
    )
    yield (
        "GRANT_NOT_OUTSTANDING",
        _with_row("All 400 shares were exercised.", _EXHAUSTED, shares="400"),
        _with_row("300 of 1,000 shares are left.", _EXERCISED),
    )
    yield (
        "GRANT_DATE_MISSING",
        _of_1041("No grant date.", grant_date=""),
        _of_1041("A grant date.", grant_date="Mar 15, 2001"),
    )
    yield (
        "GRANT_DATE_MISMATCH",
        _of_1041("“3/16/01”; the ledger says Mar 15.", grant_date="3/16/01"),
        _of_1041("“15 March 2001”", grant_date="15 March 2001"),
    )
    yield (
        "PRICE_MISSING",
        _of_1041("No price.", price=""),
        _of_1041("A price.", price="24.5"),
    )
    yield (
        "PRICE_MISMATCH",
        _of_1041("“$24.05”; the ledger says $24.50.", price="$24.05"),
        _of_1041("“24.5”", price="24.5"),
    )
    yield (
        "SHARES_MISSING",
        _of_1041("No number of shares.", shares=""),
        _of_1041("A number.", shares="1200"),
    )
    yield (
        "SHARES_NOT_A_NUMBER",
        _of_1041("“ALL”", shares="ALL"),
        _of_1041("“1,200”", shares="1,200"),
    )
    yield (
        "FIELD_UNREADABLE",
        _of_1041("The price reads “24.?0”.", price="24.?0"),
        _of_1041("It reads “$ 24.50”.", price="$ 24.50"),
    )
    yield (
        "PARTIAL_TENDER",
        _of_1041("1,199 of 1,200 shares.", shares="1,199"),
        _of_1041("All 1,200.", shares="1,200"),
    )
    yield (
        "EXERCISED_SHARES_INCLUDED",
        _with_row("All 1,000 as first granted, 700 exercised since.", _EXERCISED, shares="1,000"),
        _with_row("The 300 that are left.", _EXERCISED, shares="300"),
    )
    yield (
        "SHARES_OVER_LEDGER",
        _of_1041("1,201 of 1,200 shares.", shares="1,201"),
        _with_row("The number as first granted has a rule of its own.", _EXERCISED, shares="1,000"),
    )
    yield (
        "PRICE_BELOW_MIN",
        _with_row("The ledger's price is $1.999.", _CHEAP),
        _with_row("The ledger's price is $2.00.", _AT_TWO),
    )
    yield (
        "PLAN_NOT_ELIGIBLE",
        _with_row("Granted outside of, but on the terms of, the 2000 plan.", _OUTSIDE),
        _with_row("Granted under the 1993 plan.", replace(_OUTSIDE, plan=Plan.PLAN_1993)),
    )
    yield (
        "GRANT_AFTER_COMMENCEMENT",
        _with_row("Granted Jun 26, 2003.", _NEW),
        _with_row("Granted Jun 25, 2003.", _OF_THE_DAY),
    )
    yield (
        "GRANT_EXPIRES_EARLY",
        _with_row("Expires Jul 25, 2003, the day of cancellation.", _EXPIRING),
        _with_row("Expires a day later.", _EXPIRING_LATER),
    )


def _of_splits_and_repeats() -> Iterator[tuple[str, Story, Story]]:
    iso, nso = row_of(_ISO_HALF), row_of(_NSO_HALF)
    yield (
        "SPLIT_GRANT_BOTH_OR_NEITHER",
        story("Only the NSO half is on the form.", election(rows=(nso,)), ledger=_split()),
        story("Both halves are on the form.", election(rows=(iso, nso)), ledger=_split()),
    )
    yield (
        "SPLIT_PARTNER_DEFECT",
        story(
            "Both halves; the ISO half in part.",
            election(rows=(replace(iso, shares="500"), nso)),
            ledger=_split(),
        ),
        story(
            "The ISO half on the form has no share left.",
            election(rows=(iso, nso)),
            ledger=_split(shares_exercised=600),
        ),
    )
    yield (
        "SPLIT_PARTNER_EXHAUSTED",
        story("The ISO half was exercised.", election(rows=(nso,)), ledger=_split(shares_exercised=600)),
        story("The ISO half has one share left.", election(rows=(nso,)), ledger=_split(shares_exercised=599)),
    )
    suspected = ledger(_UNRECORDED_ISO, _UNRECORDED_NSO)
    yield (
        "SPLIT_SUSPECTED",
        story(
            "1120 and 1121 share date and price, ISO and NSO; only one is there.",
            election(rows=(row_of(_UNRECORDED_ISO),)),
            ledger=suspected,
        ),
        story(
            "Both are on the form.",
            election(rows=(row_of(_UNRECORDED_ISO), row_of(_UNRECORDED_NSO))),
            ledger=suspected,
        ),
    )
    yield (
        "ROW_DUPLICATE",
        story("1041 twice, the same both times.", election(rows=(ROW_1041, replace(ROW_1041, price="24.5")))),
        story("1041 twice, with other shares.", election(rows=(ROW_1041, replace(ROW_1041, shares="900")))),
    )
    yield (
        "ROW_DUPLICATE_CONFLICT",
        story("1041 twice, with other shares.", election(rows=(ROW_1041, replace(ROW_1041, shares="900")))),
        story("1041 twice, the same both times.", election(rows=(ROW_1041, replace(ROW_1041, price="24.5")))),
    )
    yield (
        "ROW_STRUCK",
        _of_1041("The row is struck through.", struck=True),
        story("An unused row is struck through.", election(rows=(ROW_1041, GrantRow(struck=True)))),
    )
    yield (
        "ROW_ALTERED",
        _of_1041("A figure is written over another.", altered=True),
        _of_1041("The row is clean.", altered=False),
    )


def _of_eligibility() -> Iterator[tuple[str, Story, Story]]:
    yield (
        "INELIGIBLE_DIRECTOR",
        _role("The holder is a director.", category=Category.DIRECTOR, title="Director"),
        _role("An employee with the title Director of Operations.", title="Director of Operations"),
    )
    yield (
        "INELIGIBLE_EXEC_OFFICER",
        _role("The holder is an executive officer.", category=Category.EXECUTIVE_OFFICER),
        _role("The holder is an employee.", category=Category.EMPLOYEE),
    )
    yield (
        "INELIGIBLE_EXEC_MGMT",
        _role("The holder is on the company's list of executive management.", category=Category.EXECUTIVE_MANAGEMENT),
        _role("The holder is an employee.", category=Category.EMPLOYEE),
    )
    yield (
        "INELIGIBLE_CONSULTANT",
        _role("The holder is a consultant.", category=Category.CONSULTANT),
        _role("An employee with the title Consultant Liaison.", title="Consultant Liaison"),
    )
    yield (
        "EXEC_STATUS_DOUBT",
        _role("An employee with the title V.P. Finance.", title="V.P. Finance"),
        _role("An employee with the title Vice Principal Engineer.", title="Vice Principal Engineer"),
    )
    yield (
        "NOT_EMPLOYED",
        _role("Employment has ended.", category=Category.FORMER),
        _role("On leave, which is employment.", title="Buyer (on leave)"),
    )
    yield (
        "NOT_US_RESIDENT",
        _role("The ledger says CA, Canada.", country="CA"),
        _role("The ledger says US.", country="US"),
    )


def _of_order() -> Iterator[tuple[str, Story, Story]]:
    accepted = replace(OFFER, accepted_at=pdt(25, 9))
    late_notice = notice(received_at=pdt(24, 17, 30), date="7/24/03", time="4:50 pm")
    withdrawn = (election(), notice())
    yield (
        "AMEND_BOX_NO_PRIOR",
        story("The box is checked on a first election.", election(amend_box=True)),
        story("The only earlier election was rejected.", election(delivery="email"), amendment()),
    )
    yield (
        "AMEND_BOX_UNCHECKED",
        story("A second election, the box empty.", election(), amendment(amend_box=False)),
        story(
            "The first one was withdrawn.",
            *withdrawn,
            amendment(amend_box=False, date="7/17/03", received_at=pdt(17, 9)),
        ),
    )
    yield (
        "ELECTION_NOT_AFTER_PRIOR",
        story(
            "The second election bears the same date and time.", election(), amendment(date="7/14/03", time="10:15 am")
        ),
        story("It bears a time a minute later.", election(), amendment(date="7/14/03", time="10:16 am")),
    )
    yield (
        "NOTICE_NOT_AFTER_ELECTION",
        story("The notice is signed before the election.", election(), notice(date="7/14/03", time="10:14 am")),
        story("The notice is signed after it.", election(), notice(date="7/14/03", time="10:16 am")),
    )
    yield (
        "SAME_DATE_ORDER_UNKNOWN",
        story("A second election of the same date, without time.", election(), amendment(date="7/14/03", time="")),
        story("A second election of the next date, without time.", election(), amendment(time="")),
    )
    yield (
        "SAME_DAY_REPLACEMENT",
        story("Signed an hour later on the same day.", election(), amendment(date="7/14/03", time="11:15 am")),
        story("Signed on the next day.", election(), amendment()),
    )
    yield (
        "RETENDER_AFTER_WITHDRAWAL",
        story("An election after the notice.", *withdrawn, amendment(date="7/17/03", received_at=pdt(17, 9))),
        story("An election signed before the notice.", *withdrawn, amendment(received_at=pdt(17, 9))),
    )
    yield (
        "NOTICE_NO_PRIOR_ELECTION",
        story("No election is on file.", notice()),
        story("An unsigned election is held.", election(signature=_UNSIGNED), notice()),
    )
    yield (
        "NOTICE_REDUNDANT",
        story("A second notice.", *withdrawn, notice(id="S4", date="7/17/03", received_at=pdt(17, 9, 20))),
        story("The first notice.", election(), notice()),
    )
    yield (
        "NOTICE_PARTIAL",
        story("“only grant 1187”", election(), notice(notes="only grant 1187")),
        story("“I changed my mind.”", election(), notice(notes="I changed my mind.")),
    )
    yield (
        "NOTICE_NAME_DIFFERS",
        story(
            "The election prints Maria Ortega, the notice Maria L. Ortega.",
            election(printed_name="Maria Ortega"),
            notice(),
        ),
        story("They differ in case only.", election(printed_name="MARIA L. ORTEGA"), notice()),
    )
    yield (
        "WITHDRAW_POST_EXPIRY",
        story("A notice received Jul 24, 5:30 p.m.; nothing is accepted yet.", election(), late_notice),
        story("Received at 5:00 p.m. exactly.", election(), replace(late_notice, received_at=EXPIRATION)),
    )
    yield (
        "WITHDRAW_AFTER_ACCEPTANCE",
        story(
            "A notice received when acceptance was given.",
            election(),
            notice(received_at=pdt(25, 9), date="7/24/03"),
            offer=accepted,
        ),
        story("Received a second before.", election(), notice(received_at=pdt(25, 8, 59, 59)), offer=accepted),
    )


EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {code: Example(code, fires, passes) for code, fires, passes in _examples()}
)

EXTENDED = replace(OFFER, extensions=(Extension(pdt(24, 12), pdt(31, 17)),))
"""The offer extended in time, by a week."""
