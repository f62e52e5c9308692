"""The guide shows what there is: its pictures exist, and the keys, roles and settings that it names are the desk's."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.accounts import Role

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "reviewers-guide.md").read_text("utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_picture_of_the_guide_is_there_and_made_by_the_tests() -> None:
    made = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_desk_*.py"))
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", GUIDE)
    assert len(shown) >= 6
    for picture in shown:
        assert (ROOT / "docs" / picture).exists(), picture
        name = Path(picture).name
        assert name in made or f'"{name.removesuffix("-1440.png")}"' in made, f"{name} is made by no test"


def test_the_roles_of_the_security_page_are_those_of_the_desk() -> None:
    assert re.findall(r"^\| (\w+) \| yes \|", SECURITY, re.MULTILINE) == [role.value for role in Role]


def test_the_tests_that_the_security_page_names_are_there() -> None:
    written = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for name in re.findall(r"`(test_\w+?)_?…?`", SECURITY):
        assert name.rstrip("_") in written, name
