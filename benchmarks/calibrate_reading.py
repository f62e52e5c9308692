"""Measures what the readers' votes are worth: fits [worth.*] of extractors/thresholds.toml and prints how it holds.

    python -m benchmarks.calibrate_reading [--forms 250] [--seed 7210] [--votes FILE...]

Writes one filled page a form in the training hands, faxes it with moderate damage, reads every zone and compares with
what was written. Half of the forms fit the weights, the other half shows how often readings above each confidence were
wrong. `--votes` names a file to keep the readings in; files that exist are fitted again, together, without new reading.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.submissions import Fields, Kind
from extractors.answers import Question, ask_readers
from extractors.blank_pages import load_blank_pages
from extractors.fax_pages import pages_of_fax
from extractors.fusion import count_votes
from extractors.limits import DecodeLimits
from extractors.meanings import meaning
from extractors.readers import all_readers
from extractors.readers.reader import ReaderResult, Writing
from extractors.thresholds import load_thresholds
from extractors.zones import ink_of_page
from offers.forms import FieldKind, load_forms
from samples.generate import FORMS_FOLDER, LEDGER_SEED, Options, SampleFax, some_fax, write
from samples.ledger import make_ledger

_TEXT_KINDS = frozenset(FieldKind) - {FieldKind.TICK, FieldKind.SIGNATURE}
_BOUNDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One filled zone of one form: what stands there and what each reader made of it."""

    form: int
    typed: bool
    family: str
    key: str
    writing: Writing
    truth: str
    results: dict[str, ReaderResult]


def main() -> None:
    arguments = _arguments()
    kept = [path for path in arguments.votes if path.exists()]
    sightings = [each for path in kept for each in _kept_in(path)]
    if not kept:
        sightings = list(_sightings(arguments.forms, arguments.seed))
        for path in arguments.votes[:1]:
            path.write_bytes(pickle.dumps(sightings))
    for writing in Writing:
        own = [each for each in sightings if each.writing is writing]
        if len(own) >= 40:
            _calibrate(writing, own)


def _kept_in(path: Path) -> list[Sighting]:
    found: list[Sighting] = pickle.loads(path.read_bytes())  # noqa: S301 - a file of our own making
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=250)
    parser.add_argument("--seed", type=int, default=7210)
    parser.add_argument("--votes", type=Path, nargs="*", default=[])
    return parser.parse_args()


# -- reading -----


def _sightings(count: int, seed: int) -> Iterator[Sighting]:
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    ledger, forms = make_ledger(LEDGER_SEED), load_forms(FORMS_FOLDER)
    blanks, options = load_blank_pages(forms), Options(extras=0.0, notices=0.0, good_order=True, pdfs=0.0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            rng = np.random.default_rng([seed, number])
            sample = _table_page_only(some_fax(f"form{number}", rng, ledger, forms, options))
            content = write(Path(folder), sample, rng).fax.read_bytes()
            (page,) = pages_of_fax(content, blanks, DecodeLimits()).pages
            ink, truths = ink_of_page(page, ()), _truths(sample.submissions[0].fields)
            questions = [
                Question(each.zone.name, Writing(each.zone.field_kind.value), each.written)
                for each in ink.zones
                if each.is_filled and each.zone.field_kind in _TEXT_KINDS and truths.get(each.zone.name)
            ]
            for key, answer in ask_readers(questions, all_readers(), load_thresholds()).items():
                writing = next(question.writing for question in questions if question.key == key)
                typed, family = sample.writers[0].typed, sample.writers[0].family
                yield Sighting(number, typed, family, key, writing, truths[key], dict(answer.by_reader))


def _table_page_only(sample: SampleFax) -> SampleFax:
    sheets = tuple(sheet for sheet in sample.sheets if sheet.page_class == "E2")
    assert sheets and sample.submissions[0].kind is Kind.ELECTION
    return replace(sample, sheets=sheets, name=hashlib.sha256(sample.name.encode()).hexdigest()[:8])


def _truths(fields: Fields) -> dict[str, str]:
    cells = {
        f"row{line}_{column}": getattr(row, column)
        for line, row in enumerate(fields.rows, start=1)
        for column in ("grant_no", "grant_date", "price", "shares")
    }
    return cells | {
        "printed_name": fields.printed_name,
        "tax_id": fields.tax_id,
        "signed_at": f"{fields.date} {fields.time}".strip(),
        "email": fields.email,
        "address": fields.address,
    }


# -- fitting -----


def _calibrate(writing: Writing, sightings: Sequence[Sighting]) -> None:
    counted = [(each, count_votes(each.writing, each.results)) for each in sightings]
    right = [votes is not None and votes.sense == meaning(writing, each.truth) for each, votes in counted]
    _print_accuracy(writing, [each for each, _ in counted], right)
    voted = [(each, votes, ok) for (each, votes), ok in zip(counted, right, strict=True) if votes is not None]
    names = [reader.name for reader in all_readers()]
    features = np.array(
        [
            [
                1.0,
                *(votes.posteriors.get(name, 0.0) for name in names),
                float(len(votes.readers) == 2),
                float(len(votes.readers) >= 3),
                -float(len(votes.against)),
                -float(votes.guessed),
            ]
            for _, votes, _ in voted
        ]
    )
    labels = np.array([ok for *_, ok in voted], float)
    fitting = np.array([each.form % 2 == 0 for each, *_ in voted])
    weights = _fit(features[fitting], labels[fitting])
    _print_worth(writing, names, _fit(features, labels))
    _print_reliability(features[~fitting] @ weights, labels[~fitting])


def _fit(features: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic regression with a small ridge; only the intercept may be negative."""
    weights = np.zeros(features.shape[1])
    for step in range(6000):
        chances = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (chances - labels) / len(labels) + 2e-3 * weights
        weights -= 0.3 / (1 + step / 3000) * slope
        weights[1:] = np.maximum(weights[1:], 0.0)
    return weights


def _print_accuracy(writing: Writing, sightings: Sequence[Sighting], right: Sequence[bool]) -> None:
    for typed in (True, False):
        own = [ok for each, ok in zip(sightings, right, strict=True) if each.typed is typed]
        if own:
            print(f"# {writing.value} {'typed' if typed else 'handwritten'}: {np.mean(own):.3f} of {len(own)} right")


def _print_worth(writing: Writing, names: Sequence[str], weights: NDArray[np.float64]) -> None:
    base, *readers = weights[: len(names) + 1].round(3).tolist()
    second, third, against, guessed = weights[len(names) + 1 :].round(3).tolist()
    print(f"[worth.{writing.value}]\nbase = {base}")
    print(f"reader = {{ {', '.join(f'{name} = {worth}' for name, worth in zip(names, readers, strict=True))} }}")
    print(f"second = {second}\nthird = {third}\nagainst = {against}\nguessed = {guessed}\n")


def _print_reliability(odds: NDArray[np.float64], labels: NDArray[np.float64]) -> None:
    confidence = 1 / (1 + np.exp(-odds))
    for bound in _BOUNDS:
        above = confidence >= bound
        if above.any():
            wrong = int((1 - labels[above]).sum())
            print(f"#   confidence >= {bound}: {above.mean():.2f} of readings, {wrong} of {above.sum()} wrong")


if __name__ == "__main__":
    main()
