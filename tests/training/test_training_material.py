"""What networks are trained on: nothing that figures are reported on, and what is said of a crop is what it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samples.lettering import Group, hands, typefaces
from training.faces import FETCHED, faces
from training.page_crops import kept_crops, varied
from training.pages import crops_of_page, main

SET_ASIDE = [family for group in (Group.CALIBRATION, Group.HELD_OUT) for family in (*hands(group), *typefaces(group))]


@pytest.mark.parametrize("aside", SET_ASIDE)
def test_no_face_that_is_fetched_is_set_aside_or_the_sister_of_one(aside: str) -> None:
    for family in (*FETCHED["hands"], *FETCHED["typefaces"]):
        assert not family.startswith(aside) and not aside.startswith(family)


def test_no_face_to_train_on_is_set_aside() -> None:
    assert not {face.family for face in faces(Path("nothing fetched"), for_validation=False)} & set(SET_ASIDE)


def test_a_page_gives_its_crops_the_same_each_time_in_faces_to_train_on(tmp_path: Path) -> None:
    crops = crops_of_page(tmp_path, 3)
    assert len(crops) > 5 and crops == crops_of_page(tmp_path, 3)
    assert {crop.hand for crop in crops} <= {face.path.stem for face in faces(tmp_path, for_validation=False)}
    for crop in crops:
        assert crop.text and (crop.picture < 128).any()


def test_crops_are_kept_by_kind_and_never_shown_quite_the_same_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.pages.fetch", lambda folder: None)
    main(["--pages", "1", "--out", str(tmp_path / "pages"), "--faces", str(tmp_path)])
    kept = kept_crops(tmp_path / "pages")
    assert all(crop.writing is writing for writing, crops in kept.items() for crop in crops)
    crop, dice = next(iter(kept.values()))[0], np.random.default_rng(1)
    one, other = varied(crop, dice), varied(crop, dice)
    assert one.shape[0] == other.shape[0] and not np.array_equal(one, other)
