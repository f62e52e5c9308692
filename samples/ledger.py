"""A synthetic option ledger of about 300 holders and 1,400 grants, with a few of everything the rules speak of.

Its totals are the filings': the ineligible persons' options, the grants outside the plans, the eligible shares
(rulebook 1.1, 1.3, 8.3). Tax ids begin with 000 and e-mail addresses end in example.com: none can be anybody's.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan

TOTAL_IN_PLANS = 5_661_440
"""Shares under the eligible plans, June 10, 2003 (OTE §1)."""
TOTAL_ELIGIBLE = 1_026_013
"""Of those, priced at $2.00 or more and held by eligible employees (OTE §1)."""
HOLDERS, GRANTS = 300, 1400

MINIMUM_PRICE_USD = Decimal("2.00")


@dataclass
class _Books:
    """The ledger while it is being written; grant numbers are dealt at the end, in order of grant date."""

    rng: random.Random
    holders: list[Holder] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    pinned: set[int] = field(default_factory=set)
    """Indexes of grants that the filings fix: the totals are reached by the others."""

    def admit(self, name: str, category: Category, title: str = "", **more: Any) -> Holder:
        number = len(self.holders) + 1
        holder = Holder(
            f"H{number:03d}",
            name,
            category,
            tax_id=f"000-{10 + number % 89:02d}-{1000 + number * 29 % 8999:04d}",
            title=title or self.rng.choice(_TITLES),
            email=_email(name, self.holders),
            address=_address(self.rng),
        )
        holder = replace(holder, **more)
        self.holders.append(holder)
        return holder

    def grant(
        self, holder: Holder, on: date, price: str | Decimal, shares: int, *, pinned: bool = False, **more: Any
    ) -> Grant:
        grant = Grant(
            grant_no="",
            holder_id=holder.holder_id,
            plan=Plan.PLAN_2000 if on >= _IPO else Plan.PLAN_1993,
            grant_date=on,
            exercise_price=Decimal(price),
            shares_granted=shares,
            shares_exercised=0,
            shares_cancelled=0,
            type=GrantType.NSO,
            expires_on=_ten_years_after(on),
        )
        grant = replace(grant, **more)
        if pinned:
            self.pinned.add(len(self.grants))
        self.grants.append(grant)
        return grant


_IPO = date(2000, 6, 29)

PROLIFIC = "Vincent Abernathy"
"""An employee with more eligible grants than the Election Form has lines."""


def make_ledger(seed: int) -> OptionLedger:
    """The ledger as of June 10, 2003 for a seed; the same seed gives the same ledger."""
    books = _Books(random.Random(seed))
    _write_persons_of_the_filings(books)
    _write_similar_names(books)
    _write_special_holders(books)
    _write_staff(books)
    _write_ordinary_grants(books)
    _reach_the_totals(books)
    return OptionLedger.of(books.holders, _number(books))


def write_ledger(ledger: OptionLedger, folder: Path) -> tuple[Path, Path]:
    """Write `holders.csv` and `grants.csv` (design 3.2) into `folder`; gives their paths."""
    holders, grants = folder / "holders.csv", folder / "grants.csv"
    _write_csv(holders, _HOLDER_COLUMNS, (_holder_row(holder) for holder in ledger.holders))
    _write_csv(grants, _GRANT_COLUMNS, (_grant_row(grant) for grant in ledger.grants))
    return holders, grants


# ---------------------------------------------------------------- the persons of the filings


def _write_persons_of_the_filings(books: _Books) -> None:
    """Rulebook 1.1 and 8.3: none of them may tender."""
    officer, director = Category.EXECUTIVE_OFFICER, Category.DIRECTOR
    liggett = books.admit("Emily Liggett", officer, "Chief Executive Officer (Interim)")
    # The filings do not state the price of this grant; ours.
    books.grant(liggett, date(2003, 5, 1), "0.93", 3_840_000, pinned=True, plan=Plan.OUTSIDE, expires_on=None)
    cayley = books.admit("Susan Cayley", officer, "VP, General Counsel and Secretary")
    books.grant(cayley, date(2002, 6, 26), "1.89", 50_000, pinned=True)
    books.grant(cayley, date(2003, 3, 12), "0.72", 75_000, pinned=True)
    clark = books.admit("Karen Clark", officer, "Chief Financial Officer")
    books.grant(clark, date(2002, 1, 29), "4.70", 350_000, pinned=True, plan=Plan.OUTSIDE)
    books.grant(clark, date(2002, 6, 26), "1.89", 50_000, pinned=True)
    koyama = books.admit("Harol Koyama", officer, "Senior VP Sales and Marketing")
    books.grant(koyama, date(2002, 4, 24), "3.33", 65_000, pinned=True)
    books.grant(koyama, date(2002, 6, 26), "1.89", 50_000, pinned=True)
    books.grant(koyama, date(2001, 10, 15), "4.06", 120_000, pinned=True)
    willis = books.admit("Jeffrey Willis", officer, "Senior VP Engineering")
    books.grant(willis, date(2000, 2, 15), "2.40", 43_937, pinned=True, type=GrantType.ISO)
    books.grant(willis, date(2002, 6, 26), "1.89", 50_000, pinned=True)
    mcshane = books.admit("David McShane", officer, "VP Quality and Service")
    books.grant(mcshane, date(2000, 11, 3), "33.75", 23_812, pinned=True)
    books.grant(mcshane, date(2002, 6, 26), "1.89", 50_000, pinned=True)
    for name in ("Eliot Protsch", "Richard Donnelly", "John Jaggers", "Jean-Rene Marcoux", "Eric Young"):
        title = "Chairman of the Board" if name == "Eliot Protsch" else "Director"
        person = books.admit(name, director, title)
        books.grant(person, date(2002, 4, 26), "3.35", 21_600, pinned=True)
        books.grant(person, date(2003, 5, 30), "1.40", 10_000, pinned=True)
    mcdonald = books.admit("John McDonald", director, "Director")
    books.grant(mcdonald, date(2003, 5, 30), "1.40", 10_000, pinned=True)
    almgren = books.admit("Ake Almgren", Category.CONSULTANT, "Consultant, formerly Chief Executive Officer")
    books.grant(almgren, date(2002, 6, 26), "1.89", 150_000, pinned=True)
    for name in ("Daniel Callahan", "William Treece"):
        left = books.admit(name, Category.FORMER, "formerly Senior Vice President")
        books.grant(left, date(2002, 6, 26), "1.89", 25_000, pinned=True)
    # On no list of the filings, yet a vice president: EXEC_STATUS_DOUBT (rulebook 9, 10).
    welch = books.admit("Wade Welch", Category.EMPLOYEE, "VP Finance")
    books.grant(welch, date(2001, 8, 1), "5.89", 2_400)


def _write_similar_names(books: _Books) -> None:
    """People whom a careless match would take for one another."""
    for names in _SIMILAR:
        for name in names:
            books.admit(name, Category.EMPLOYEE)


def _write_special_holders(books: _Books) -> None:
    for name, title in _EXECUTIVE_MANAGEMENT:
        books.admit(name, Category.EXECUTIVE_MANAGEMENT, title)
    for name in _CONSULTANTS:
        books.admit(name, Category.CONSULTANT, "Consultant")
    for name in _FORMER:
        books.admit(name, Category.FORMER)
    for name, country, address in _ABROAD:
        books.admit(name, Category.EMPLOYEE, country=country, address=address)
    books.admit("Ingrid Solberg", Category.EMPLOYEE, country=None)
    books.admit(PROLIFIC, Category.EMPLOYEE, "Principal Engineer")
    for name, changed in _NAME_CHANGES:
        books.admit(name, Category.EMPLOYEE, legal_name_changes=(changed,))


def _write_staff(books: _Books) -> None:
    taken = {holder.name_on_agreement for holder in books.holders}
    while len(books.holders) < HOLDERS:
        initial = books.rng.choice(["", "", f"{books.rng.choice('ABCDEFGHJKLMNPRSTVW')}. "])
        name = f"{books.rng.choice(_GIVEN)} {initial}{books.rng.choice(_FAMILY)}"
        if name not in taken:
            taken.add(name)
            books.admit(name, Category.EMPLOYEE)


# ---------------------------------------------------------------- ordinary grants

_GRANT_DAYS = (
    ("1997-05-06", "0.20"), ("1998-02-02", "0.50"), ("1998-09-15", "0.80"), ("1999-01-18", "2.25"),
    ("1999-06-21", "2.00"), ("1999-11-08", "2.50"), ("2000-02-15", "2.40"), ("2000-03-20", "6.10"),
    ("2000-05-24", "8.00"), ("2000-08-01", "58.00"), ("2000-09-12", "67.4375"), ("2000-11-03", "33.75"),
    ("2000-12-20", "24.8125"), ("2001-01-16", "31.50"), ("2001-03-15", "24.50"), ("2001-05-07", "29.06"),
    ("2001-06-12", "26.28"), ("2001-08-01", "5.89"), ("2001-09-04", "4.63"), ("2001-10-15", "4.06"),
    ("2001-12-11", "5.32"), ("2002-02-20", "3.83"), ("2002-03-27", "3.16"), ("2002-04-24", "3.33"),
    ("2002-05-20", "2.63"), ("2002-06-05", "2.27"), ("2002-06-12", "2.00"), ("2002-06-14", "1.99"),
    ("2002-06-26", "1.89"), ("2002-08-19", "1.16"), ("2002-11-12", "0.81"), ("2003-01-10", "0.92"),
    ("2003-03-12", "0.72"), ("2003-05-30", "1.40"),
)  # fmt: skip
"""The days on which the whole company was granted options, with that day's price in US dollars."""

_SIZES = (200, 240, 300, 400, 450, 500, 600, 700, 750, 800, 900, 1000, 1200, 1250, 1500, 1800, 2000, 2400, 3000, 4200)


def _write_ordinary_grants(books: _Books) -> None:
    """Deal grants to everybody but the persons of the filings until there are enough."""
    rng = books.rng
    days = [(date.fromisoformat(day), Decimal(price)) for day, price in _GRANT_DAYS]
    settled = {books.grants[index].holder_id for index in books.pinned}
    candidates = [holder for holder in books.holders if holder.holder_id not in settled]
    _write_curiosities(books, [h for h in candidates if h.category is Category.EMPLOYEE and h.country == "US"])
    prolific = next(holder for holder in books.holders if holder.name_on_agreement == PROLIFIC)
    for on, price in [day for day in days if day[1] >= MINIMUM_PRICE_USD][4:16]:
        books.grant(prolific, on, price, rng.choice(_SIZES))
    turn = 0
    while len(books.grants) < GRANTS:
        holder = candidates[turn % len(candidates)]
        turn += 1
        held = {grant.grant_date for grant in books.grants if grant.holder_id == holder.holder_id}
        free = [day for day in days if day[0] not in held]
        for on, price in rng.sample(free, min(rng.choice([1, 1, 2]), len(free), GRANTS - len(books.grants))):
            if rng.random() < 0.12 and len(books.grants) + 2 <= GRANTS:
                _write_split(books, holder, on, price)
            else:
                _write_plain(books, holder, on, price)


def _write_plain(books: _Books, holder: Holder, on: date, price: Decimal) -> None:
    rng = books.rng
    granted = rng.choice(_SIZES)
    exercised = cancelled = 0
    fate = rng.random()
    if fate < 0.05:
        exercised = granted // 4
    elif fate < 0.07:
        exercised = granted
    elif fate < 0.10:
        cancelled = granted // 2
    elif fate < 0.12:
        cancelled = granted
    kind = rng.choice([GrantType.ISO, GrantType.ISO, GrantType.NSO])
    books.grant(holder, on, price, granted, type=kind, shares_exercised=exercised, shares_cancelled=cancelled)


def _write_split(books: _Books, holder: Holder, on: date, price: Decimal) -> None:
    """One grant divided into an incentive and a nonstatutory option: tendered both or neither (OTE §1)."""
    total = books.rng.choice(_SIZES[5:]) * 2
    incentive = total * books.rng.randint(3, 7) // 10
    group = f"G-{holder.holder_id}-{on:%y%m%d}"
    books.grant(holder, on, price, incentive, type=GrantType.ISO, split_group=group)
    books.grant(holder, on, price, total - incentive, type=GrantType.NSO, split_group=group)


def _write_curiosities(books: _Books, staff: list[Holder]) -> None:
    """One each of what the row rules speak of, dealt to the first employees so that every seed has them."""
    exhausted, suspected, early, held, odd = staff[20], staff[21], staff[22], staff[23], staff[24]
    day, price = date(2001, 9, 4), Decimal("4.63")
    group = f"G-{exhausted.holder_id}-{day:%y%m%d}"
    books.grant(exhausted, day, price, 800, shares_exercised=800, type=GrantType.ISO, split_group=group)
    books.grant(exhausted, day, price, 700, split_group=group)
    books.grant(suspected, day, price, 600, type=GrantType.ISO)
    books.grant(suspected, day, price, 500)
    books.grant(early, date(1993, 7, 20), "2.10", 400, plan=Plan.PLAN_1993)
    books.grant(held, day, price, 450, held_since=date(2003, 7, 2))
    books.grant(odd, date(2000, 9, 12), "67.4375", 37)
    books.grant(odd, date(2003, 7, 1), "2.05", 1000)


def _reach_the_totals(books: _Books) -> None:
    """Change the last shares of a few grants until the sums are the filings'."""
    _raise_to(books, TOTAL_ELIGIBLE, eligible=True)
    _raise_to(books, TOTAL_IN_PLANS - TOTAL_ELIGIBLE, eligible=False)


def _raise_to(books: _Books, total: int, *, eligible: bool) -> None:
    """Scale the unpinned, untouched grants of one side to whole fifties; the rest goes to a single one."""
    holders = {holder.holder_id: holder for holder in books.holders}
    side = [
        index
        for index, grant in enumerate(books.grants)
        if grant.plan is not Plan.OUTSIDE and _is_eligible(grant, holders[grant.holder_id]) == eligible
    ]
    free = [
        index
        for index in side
        if index not in books.pinned and not books.grants[index].shares_exercised + books.grants[index].shares_cancelled
    ]
    fixed = sum(books.grants[index].unexercised for index in side if index not in set(free))
    share = (total - fixed) / sum(books.grants[index].shares_granted for index in free)
    for index in free:
        grant = books.grants[index]
        scaled = max(50, round(grant.shares_granted * share / 50) * 50) if grant.shares_granted > 99 else 37
        books.grants[index] = replace(grant, shares_granted=scaled)
    short = total - sum(books.grants[index].unexercised for index in side)
    largest = max(free, key=lambda index: books.grants[index].shares_granted + (index in free[:9]))
    books.grants[largest] = replace(books.grants[largest], shares_granted=books.grants[largest].shares_granted + short)


def _is_eligible(grant: Grant, holder: Holder) -> bool:
    employed = holder.category is Category.EMPLOYEE and holder.country == "US"
    return employed and grant.exercise_price >= MINIMUM_PRICE_USD


def _number(books: _Books) -> list[Grant]:
    """Numbers run with the grant dates through the whole company: neighbours belong to different people.

    The 1993 plan has four figures, sometimes with a leading zero, the 2000 plan `CP-` and six.
    """
    order = sorted(range(len(books.grants)), key=lambda index: (books.grants[index].grant_date, _shuffled(index)))
    numbers: dict[int, str] = {}
    old, new = 611, 1120
    for index in order:
        if books.grants[index].plan is Plan.PLAN_1993:
            old += books.rng.choice([1, 1, 1, 2, 7])
            numbers[index] = f"{old:04d}"
        else:
            new += books.rng.choice([1, 1, 1, 2, 9])
            numbers[index] = f"CP-{new:06d}"
    return [replace(grant, grant_no=numbers[index]) for index, grant in enumerate(books.grants)]


def _shuffled(index: int) -> int:
    """An order within a day that is not the holders'."""
    return index * 7919 % 10007


def _ten_years_after(on: date) -> date:
    try:
        return on.replace(year=on.year + 10)
    except ValueError:
        return on + timedelta(days=3653)


# ---------------------------------------------------------------- the files


_HOLDER_COLUMNS = (
    "holder_id", "name_on_agreement", "legal_name_changes", "tax_id", "category", "title", "country", "email",
    "address",
)  # fmt: skip
_GRANT_COLUMNS = (
    "grant_no", "holder_id", "plan", "grant_date", "exercise_price", "shares_granted", "shares_exercised",
    "shares_cancelled", "type", "split_group", "held_since", "expires_on",
)  # fmt: skip


def _holder_row(holder: Holder) -> list[str]:
    changes = ";".join(holder.legal_name_changes)
    return [
        *(holder.holder_id, holder.name_on_agreement, changes, holder.tax_id, holder.category.value, holder.title),
        *(holder.country or "", holder.email, holder.address),
    ]


def _grant_row(grant: Grant) -> list[str]:
    dates = [on.isoformat() if on else "" for on in (grant.held_since, grant.expires_on)]
    return [
        *(grant.grant_no, grant.holder_id, grant.plan.value, grant.grant_date.isoformat(), str(grant.exercise_price)),
        *(str(grant.shares_granted), str(grant.shares_exercised), str(grant.shares_cancelled), grant.type.value),
        *(grant.split_group or "", *dates),
    ]


def _write_csv(path: Path, columns: tuple[str, ...], rows: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


# ---------------------------------------------------------------- names and places


def _email(name: str, others: list[Holder]) -> str:
    words = [word for word in name.lower().replace(".", "").replace("'", "").replace("-", "").split() if len(word) > 1]
    plain = ".".join(words).translate(_PLAIN)
    taken = {holder.email for holder in others}
    address, namesakes = f"{plain}@example.com", 1
    while address in taken:
        namesakes += 1
        address = f"{plain}{namesakes}@example.com"
    return address


_PLAIN = str.maketrans("áéíóúñüöç", "aeiounuoc")


def _address(rng: random.Random) -> str:
    town, code = rng.choice(_TOWNS)
    return f"{rng.randint(101, 19999)} {rng.choice(_STREETS)}, {town}, CA {code}"


_SIMILAR = (
    ("Robert J. Alvarez Sr.", "Robert J. Alvarez Jr."),
    ("Steven Petersen", "Stephen Petersen", "Steven Peterson"),
    ("Maria L. Ortega", "Mario L. Ortega", "Maria Ortego"),
    ("Anh T. Nguyen", "Anh D. Nguyen", "Anh Nguyen"),
    ("Jon Lee", "John Lee", "Joan Lee"),
    ("David Kim", "David Kim"),
    ("Thomas O'Brien", "Thomas OBrien"),
    ("José Muñoz", "Jose Munoz-Diaz"),
    ("Ann Marie Clarke", "Anne Marie Clark"),
)
"""The two of one name are told apart by their tax id alone."""
_EXECUTIVE_MANAGEMENT = (
    ("Patricia Holloway", "Director of Human Resources"),
    ("Norman Adeyemi", "Director of Manufacturing"),
    ("Celeste Moreau", "Treasurer"),
)
_CONSULTANTS = ("Gustav Lindqvist", "Rhonda Petrakis", "Omar Haddad", "Yvonne Castellano")
_FORMER = ("Brenda Okafor", "Curtis Whitfield", "Dmitri Volkov", "Leticia Amaya", "Howard Stein", "Mei-Ling Tsai")
_ABROAD = (
    ("Kenji Watanabe", "JP", "2-14-3 Akasaka, Minato-ku, Tokyo"),
    ("Fiona MacLeod", "GB", "18 Queen Street, Edinburgh EH2 1JX, United Kingdom"),
    ("Matthias Krüger", "DE", "Lindenstrasse 7, 10969 Berlin, Germany"),
    ("Pierre Gagnon", "CA", "1250 rue Sherbrooke, Montreal QC, Canada"),
)
_NAME_CHANGES = (
    ("Denise Fowler", "Denise Fowler-Bright"),
    ("Christine Abbott", "Christine Vaughn"),
    ("Sanjay Patel", "Sanjay Mehta"),
)
_TITLES = (
    "Buyer", "Assembler", "Test Technician", "Design Engineer", "Field Service Engineer", "Accountant", "Planner",
    "Software Engineer", "Machinist", "Quality Inspector", "Sales Manager", "Administrative Assistant",
    "Controls Engineer", "Materials Analyst", "Welder", "Technical Writer",
)  # fmt: skip
_GIVEN = (
    "Alice", "Albert", "Andrea", "Arturo", "Barbara", "Benjamin", "Brian", "Carla", "Carlos", "Cynthia", "Daniel",
    "Deborah", "Dennis", "Diane", "Edgar", "Eileen", "Elena", "Ernest", "Felix", "Frances", "Gary", "Gloria",
    "Gregory", "Hector", "Helen", "Hiroshi", "Irene", "Isaac", "Janet", "Jerome", "Julia", "Karl", "Kathleen",
    "Kevin", "Laura", "Lawrence", "Luis", "Lynn", "Marcus", "Margaret", "Minh", "Nadia", "Nancy", "Neil", "Olga",
    "Oscar", "Paul", "Priya", "Quentin", "Rachel", "Ramon", "Rosa", "Samuel", "Sharon", "Teresa", "Timothy",
    "Vanessa", "Victor", "Wendy", "William", "Xavier", "Yolanda", "Zachary",
)  # fmt: skip
_FAMILY = (
    "Adams", "Aguilar", "Baker", "Banerjee", "Bennett", "Boyd", "Brandt", "Campos", "Carver", "Chang", "Chen",
    "Cole", "Cooper", "Cruz", "Dalton", "Delgado", "Diaz", "Duong", "Edwards", "Escobar", "Evans", "Fischer",
    "Flores", "Foster", "Garcia", "Gibson", "Gomez", "Graham", "Grant", "Hansen", "Harris", "Hernandez", "Hill",
    "Hoffman", "Huang", "Hughes", "Ibarra", "Jensen", "Johnson", "Kelley", "Khan", "Kowalski", "Lam", "Larsen",
    "Lewis", "Lopez", "Maldonado", "Marsh", "Martinez", "McCarthy", "Mendoza", "Miller", "Morgan", "Murphy",
    "Navarro", "Nelson", "Ng", "Novak", "Olsen", "Ortiz", "Park", "Pearson", "Pham", "Quinn", "Raman", "Reyes",
    "Rivera", "Rossi", "Russell", "Salazar", "Sanders", "Schmidt", "Shah", "Silva", "Soto", "Stewart", "Tanaka",
    "Taylor", "Torres", "Tran", "Underwood", "Vargas", "Vega", "Wagner", "Wallace", "Walsh", "Weber", "Wong",
    "Yamada", "Young", "Zamora", "Zimmerman",
)  # fmt: skip
_STREETS = (
    "Nordhoff Street", "Saticoy St", "Devonshire Street", "Lassen St", "Roscoe Blvd", "Plummer Street", "Reseda Blvd.",
    "Tampa Avenue", "Canoga Ave", "Oso Avenue", "Winnetka Ave.", "Mason Avenue", "Sherman Way", "Parthenia St",
)  # fmt: skip
_TOWNS = (
    ("Chatsworth", "91311"), ("Northridge", "91324"), ("Canoga Park", "91304"), ("Reseda", "91335"),
    ("Van Nuys", "91406"), ("Simi Valley", "93063"), ("Thousand Oaks", "91360"), ("Granada Hills", "91344"),
    ("Burbank", "91502"), ("Tarzana", "91356"), ("Encino", "91436"), ("Winnetka", "91306"),
)  # fmt: skip
