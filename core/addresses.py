"""Whether a written address lies in the United States; it refuses to know where anybody lives or works.

Strict as the other grammars: a state or a foreign country or postal code must be written out. What names neither is
UNCLEAR, never taken for one or the other.
"""

from __future__ import annotations

import re
from enum import StrEnum

from core.grammar import normalise_name


class Place(StrEnum):
    BLANK = "blank"
    UNITED_STATES = "in the United States"
    ABROAD = "outside the United States"
    UNCLEAR = "unclear"


_STATES = {
    "al": "alabama", "ak": "alaska", "az": "arizona", "ar": "arkansas", "ca": "california", "co": "colorado",
    "ct": "connecticut", "de": "delaware", "dc": "district of columbia", "fl": "florida", "ga": "georgia",
    "hi": "hawaii", "id": "idaho", "il": "illinois", "in": "indiana", "ia": "iowa", "ks": "kansas", "ky": "kentucky",
    "la": "louisiana", "me": "maine", "md": "maryland", "ma": "massachusetts", "mi": "michigan", "mn": "minnesota",
    "ms": "mississippi", "mo": "missouri", "mt": "montana", "ne": "nebraska", "nv": "nevada", "nh": "new hampshire",
    "nj": "new jersey", "nm": "new mexico", "ny": "new york", "nc": "north carolina", "nd": "north dakota",
    "oh": "ohio", "ok": "oklahoma", "or": "oregon", "pa": "pennsylvania", "ri": "rhode island",
    "sc": "south carolina", "sd": "south dakota", "tn": "tennessee", "tx": "texas", "ut": "utah", "vt": "vermont",
    "va": "virginia", "wa": "washington", "wv": "west virginia", "wi": "wisconsin", "wy": "wyoming", "calif": "",
}  # fmt: skip
"""Postal codes and names; Puerto Rico, the islands and military addresses are left UNCLEAR."""

_COUNTRIES_OF_ONE_WORD = """
    afghanistan albania algeria andorra angola argentina armenia aruba australia austria azerbaijan bahamas bahrain
    bangladesh barbados belarus belgium belize benin bermuda bhutan bolivia bosnia botswana brasil brazil brunei
    bulgaria burundi cambodia cameroon canada chad chile china colombia congo croatia cuba cyprus czechia denmark
    deutschland djibouti dominica ecuador egypt england eritrea espana estonia eswatini ethiopia fiji finland france
    gabon gambia germany ghana greece grenada guatemala guinea guyana haiti holland honduras hungary iceland india
    indonesia iran iraq ireland israel italia italy jamaica japan jordan kazakhstan kenya kiribati korea kosovo
    kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein lithuania luxembourg macau madagascar
    malawi malaysia maldives mali malta mauritania mauritius mexico micronesia moldova monaco mongolia montenegro
    morocco mozambique myanmar namibia nauru nepal netherlands nicaragua niger nigeria norway oman pakistan palau
    panama paraguay peru philippines poland portugal qatar romania russia rwanda samoa scotland senegal serbia
    seychelles singapore slovakia slovenia somalia spain sudan suriname sweden switzerland syria taiwan tajikistan
    tanzania thailand togo tonga tunisia turkey turkmenistan tuvalu uganda ukraine uk uruguay uzbekistan vanuatu
    venezuela vietnam wales yemen zambia zimbabwe
"""
_COUNTRIES_OF_SEVERAL_WORDS = """
    antigua and barbuda, bosnia and herzegovina, burkina faso, cabo verde, cape verde, cayman islands, central
    african republic, costa rica, cote d'ivoire, czech republic, dominican republic, el salvador, great britain,
    hong kong, ivory coast, marshall islands, new zealand, north macedonia, northern ireland, papua new guinea,
    republic of ireland, russian federation, san marino, saudi arabia, sierra leone, solomon islands, south africa,
    south korea, sri lanka, the bahamas, the netherlands, the philippines, trinidad and tobago, united arab
    emirates, uae, united kingdom, vatican city, viet nam
"""
_CANADIAN_PROVINCES = """
    alberta, british columbia, manitoba, new brunswick, newfoundland, nova scotia, ontario, prince edward island,
    quebec, saskatchewan, ab, bc, mb, nb, nl, ns, on, pe, qc, sk, yt
"""
"""Written without their country."""
_COUNTRIES = (
    *_COUNTRIES_OF_ONE_WORD.split(),
    *(" ".join(name.split()) for name in f"{_COUNTRIES_OF_SEVERAL_WORDS}, {_CANADIAN_PROVINCES}".split(",")),
)
"""As written in English; Georgia is left to the state."""

_STATE = "|".join(sorted({*_STATES, *filter(None, _STATES.values())}, key=len, reverse=True))
_HOME = r"united states of america|united states|usa|us"
_IN_A_STATE = re.compile(rf"(?:.*[ ,])?(?:{_STATE})[ ,]*(?:[0-9]{{5}}(?:-?[0-9]{{4}})?)?[ ,]*(?:{_HOME})?")
_NAMES_HOME = re.compile(rf"(?:.*[ ,])(?:{_HOME})")
_STATE_AND_CODE = re.compile(r"\b([A-Z]{2}) [0-9]{5}(?:-[0-9]{4})?$")
_STARTS_WITH_STATE = re.compile(rf"(?:{_STATE})(?:[ ,]|$)")
_COUNTRY = "|".join(sorted(_COUNTRIES, key=len, reverse=True))
_ENDS_WITH_COUNTRY = re.compile(rf"(?:.*(?<!new) )?(?:{_COUNTRY})(?: [0-9]{{4,6}})?")
_IS_COUNTRY = re.compile(rf"(?:[0-9]{{4,6}} )?(?:{_COUNTRY})(?: [0-9]{{4,6}})?")
_FOREIGN_CODE = re.compile(
    r"\b[abceghj-nprstvxy][0-9][abceghj-nprstv-z] ?[0-9][abceghj-nprstv-z][0-9]\b"  # Canada
    r"|\b[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][abd-hjlnp-uw-z]{2}$"  # United Kingdom
)


def place_of(address: str) -> Place:
    """Where a written address lies, by its own words.

    A town may bear a country's name (Lebanon, Pennsylvania): a country counts when it stands alone between commas
    with no state after it, or ends the address.
    """
    parts = [normalise_name(part) for part in re.split(r"[,;\n]", address)]
    parts = [part for part in parts if part]
    if not parts:
        return Place.BLANK
    whole = " ".join(parts)
    if _FOREIGN_CODE.search(whole) or any(_is_abroad(parts, index) for index in range(len(parts))):
        return Place.ABROAD
    if _IN_A_STATE.fullmatch(whole) or _NAMES_HOME.fullmatch(whole):
        return Place.UNITED_STATES
    if _ENDS_WITH_COUNTRY.fullmatch(whole):
        return Place.ABROAD
    return Place.UNCLEAR


def state_and_code(address: str) -> str:
    """The state and ZIP code that an address ends in ("CA 91311"), "" where it does not."""
    found = _STATE_AND_CODE.search(address)
    return found.group() if found and found[1].lower() in _STATES else ""


def _is_abroad(parts: list[str], index: int) -> bool:
    """Whether one part between commas is a country, and no state follows that would make it a town's name."""
    if not _IS_COUNTRY.fullmatch(parts[index]):
        return False
    following = parts[index + 1] if index + 1 < len(parts) else ""
    return not _STARTS_WITH_STATE.match(following)
