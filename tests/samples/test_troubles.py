"""Every trouble that the samples can make is named by the rules when it is read as it stands on the paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.offer_state import OfferState
from offers.forms import load_forms
from offers.loading import load_offer
from samples.generate import FORMS_FOLDER, LEDGER_SEED
from samples.ledger import make_ledger
from samples.lettering import Group
from samples.troubles import TROUBLE_BY_NAME, TROUBLES, Circumstances, Trouble, some_circumstances, troubled_fax
from validators.judgement import judge_all, needs_review

LEDGER, FORMS, OFFER = make_ledger(LEDGER_SEED), load_forms(FORMS_FOLDER), load_offer(FORMS_FOLDER.parent)


def codes_of(trouble: Trouble, seed: int) -> set[str]:
    fax = troubled_fax("t", trouble, np.random.default_rng(seed), LEDGER, FORMS, Circumstances(typed=True))
    (form,) = fax.submissions
    judged = judge_all(
        [replace(form, holder_id=None)], ledger=LEDGER, offer=OfferState(OFFER.terms.expiration), terms=OFFER.terms
    )
    judgement = judged.by_submission[form.id]
    assert needs_review(judgement) or not trouble.codes
    return {finding.code for finding in judgement.findings} | set(judgement.not_evaluated)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_the_rules_name_what_the_paper_says(trouble: Trouble) -> None:
    only_doubt = "OCR_LOW_CONFIDENCE" in trouble.codes
    assert not trouble.codes or trouble.codes & codes_of(trouble, 1) or only_doubt


def test_a_trouble_changes_the_page_that_it_is_made_on_and_no_other() -> None:
    struck, plain = (
        troubled_fax("t", trouble, np.random.default_rng(5), LEDGER, FORMS, some_circumstances(1, Group.TRAINING))
        for trouble in (TROUBLE_BY_NAME["struck_zigzag"], TROUBLE_BY_NAME["straddled"])
    )
    by_class = [{sheet.page_class: sheet.picture for sheet in fax.sheets} for fax in (struck, plain)]
    assert np.array_equal(by_class[0]["E1"], by_class[1]["E1"])
    assert not np.array_equal(by_class[0]["E2"], by_class[1]["E2"])


def test_the_same_chance_makes_the_same_trouble() -> None:
    trouble = TROUBLE_BY_NAME["overwritten"]
    first, second = (
        troubled_fax("t", trouble, np.random.default_rng(3), LEDGER, FORMS, some_circumstances(3, Group.TRAINING))
        for _ in range(2)
    )
    assert first.submissions == second.submissions
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(first.sheets, second.sheets, strict=True))
