"""Measures what the readers' words are worth: fits [worth.*] of extractors/thresholds.toml and prints how it holds.

    python -m benchmarks.calibrate_reading [--forms 250] [--seed 7210] [--votes FILE...] [--again READER]

Writes one filled page a form in hands and typefaces that no network was trained on, faxes it with moderate damage,
reads every zone and compares with what was written. Each fifth of the forms is tried with weights fitted on the rest:
how many readings above each confidence were wrong, how many of those by one figure, and how often, then, a cell that
differs from the ledger in one figure would be read as the ledger has it. Last, how often the ink, asked for what the
ledger has (docs/decisions/0056), is found to say it: where it does, and where the ledger's value is one character off
in place of it; of addresses also whether they are found to end in the state and ZIP code that stand there, and in
others. `--votes` names a file to keep readings in; files that exist are fitted again, together, without new reading but
for that of `--again`, a reader new or changed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pickle
import random
import re
import string
import tempfile
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from core.addresses import state_and_code
from core.submissions import Fields, Kind
from extractors.answers import Question, hear_readers
from extractors.blank_pages import load_blank_pages
from extractors.confirmation import end_of_address
from extractors.fax_pages import pages_of_fax
from extractors.fusion import Sense, chance_of, is_unseen, senses_of
from extractors.limits import DecodeLimits
from extractors.meanings import meaning, tidied
from extractors.readers import all_readers
from extractors.readers.alphabets import WORDS
from extractors.readers.reader import ReaderResult, Writing
from extractors.thresholds import Thresholds, Worth, load_thresholds
from extractors.zones import ink_of_page
from offers.forms import FieldKind, load_forms
from samples.generate import FORMS_FOLDER, LEDGER_SEED, Options, SampleFax, some_fax, write
from samples.ledger import make_ledger
from samples.lettering import Group

_IN_THE_LEDGER = frozenset(Writing) - {Writing.DATE_TIME, Writing.WORDS}
_TEXT_KINDS = frozenset(FieldKind) - {FieldKind.TICK, FieldKind.SIGNATURE}
CALIBRATION_FAXES = Options(group=Group.CALIBRATION, extras=0.0, notices=0.0, good_order=True, pdfs=0.0)
_RIDGE = 0.01
_BOUNDS = (0.5, 0.6, 0.65, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
_FOLDS = 5
_LIKELY = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8)
_SLIPS_A_LINE = 5
_ENDS = (0.1, 0.2, 0.3, 0.4, 0.47, 0.6)
_ENDS_ELSEWHERE = ("NY 10022", "TX 75201", "OH 44114", "GA 30303", "IL 60611")
_OTHERS = {
    Writing.NAME: string.ascii_lowercase * 3 + "-' ",
    Writing.EMAIL: string.ascii_lowercase + string.digits + "._-" * 6,
    Writing.ADDRESS: string.ascii_lowercase + string.digits,
    Writing.GRANT_NO: string.digits * 4 + "ABCDEPS",
    Writing.PRICE: string.digits * 2 + "..",
}
"""What a slip may put in a character's place, as often as it stands here; figures elsewhere."""
_LOOK_ALIKES = {
    "0": "689", "1": "47", "2": "7", "3": "58", "4": "91", "5": "36", "6": "058", "7": "129", "8": "0369", "9": "4708",
}  # fmt: skip
"""Figures that a hurried hand or a reader takes for each other."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One filled zone of one form: what stands there, its ink, and what each reader made of it."""

    form: int
    typed: bool
    family: str
    question: Question
    truth: str
    results: dict[str, ReaderResult]

    @property
    def writing(self) -> Writing:
        return self.question.writing


def main() -> None:
    arguments = _arguments()
    kept = [path for path in arguments.votes if path.exists()]
    sightings = [_asked_again(each, arguments.again) for path in kept for each in _kept_in(path)]
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


def _asked_again(sighting: Sighting, names: Sequence[str]) -> Sighting:
    """The sighting as the readers of `names` see it now, and without those that read it no more."""
    asked = [reader for reader in all_readers() if reader.name in names]
    results = {**sighting.results, **hear_readers([sighting.question], asked)[sighting.question.key]}
    readers = (reader for reader in all_readers() if reader.reads(sighting.writing))
    names_now = [reader.name for reader in readers if reader.name in results]
    return replace(sighting, results={name: results[name] for name in names_now})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=250)
    parser.add_argument("--seed", type=int, default=7210)
    parser.add_argument("--votes", type=Path, nargs="*", default=[])
    parser.add_argument("--again", nargs="*", default=[], metavar="READER", help="readers to ask anew")
    return parser.parse_args()


# -- reading -----


def _sightings(count: int, seed: int) -> Iterator[Sighting]:
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    ledger, forms = make_ledger(LEDGER_SEED), load_forms(FORMS_FOLDER)
    blanks, options = load_blank_pages(forms), CALIBRATION_FAXES
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
            heard = hear_readers(questions, all_readers())
            typed, family = sample.writers[0].typed, sample.writers[0].family
            for question in questions:
                yield Sighting(number, typed, family, question, truths[question.key], dict(heard[question.key]))


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


@dataclass(frozen=True, slots=True)
class Choice:
    """One line's senses as numbers: rows of features, and which row is right; None where none is.

    The columns are each network's log-likelihood, then whether each reader says it.
    """

    form: int
    features: NDArray[np.float64]
    right: int | None


@dataclass(frozen=True, slots=True)
class Tried:
    """One line read with weights that were fitted without its form: the best sense's chance, and what it means."""

    sighting: Sighting
    chance: float
    read: Hashable | None

    @property
    def is_right(self) -> bool:
        return self.read is not None and self.read == self.truth

    @property
    def truth(self) -> Hashable | None:
        return meaning(self.sighting.writing, self.sighting.truth)

    @property
    def is_one_figure_off(self) -> bool:
        return not self.is_right and Levenshtein.distance(_figures(self.read), _figures(self.truth)) == 1


def _figures(sense: Hashable) -> str:
    return re.sub(r"\D", "", str(sense))


def _calibrate(writing: Writing, sightings: Sequence[Sighting]) -> None:
    choices = [_choice(writing, each) for each in sightings]
    networks, readers = _voices(writing, sightings)
    _print_worth(writing, networks, readers, _fit(choices))
    fitted = [_fit([each for each in choices if each.form % _FOLDS != fold]) for fold in range(_FOLDS)]
    tried = [
        _tried(sighting, choice, fitted[choice.form % _FOLDS])
        for sighting, choice in zip(sightings, choices, strict=True)
    ]
    _print_accuracy(writing, tried)
    _print_reliability(tried)
    if writing in _IN_THE_LEDGER:
        fits = [_with_weights(writing, sightings, weights) for weights in fitted]
        asked = [_asked(writing, each, fits[each.form % _FOLDS]) for each in sightings]
        for typed in (True, False):
            _print_likelihood([each for each in asked if each.typed is typed], "typed" if typed else "handwritten")
    if writing is Writing.ADDRESS:
        for typed in (True, False):
            _print_ends([each for each in sightings if each.typed is typed], "typed" if typed else "handwritten")


def _voices(writing: Writing, sightings: Sequence[Sighting]) -> tuple[list[str], list[str]]:
    """The names of the networks and of all readers that read this kind of box."""
    readers = [reader.name for reader in all_readers() if reader.reads(writing)]
    with_frames = {name for each in sightings for name, result in each.results.items() if result.frames is not None}
    return [name for name in readers if name in with_frames], readers


def _choice(writing: Writing, sighting: Sighting) -> Choice:
    senses, truth = senses_of(writing, sighting.results), meaning(writing, sighting.truth)
    right = next((place for place, sense in enumerate(senses) if sense.meaning == truth), None)
    return Choice(sighting.form, _features(writing, sighting, senses), right)


def _features(writing: Writing, sighting: Sighting, senses: Sequence[Sense]) -> NDArray[np.float64]:
    networks, readers = _voices(writing, [sighting])
    features = [
        [
            *(sense.log_likelihoods.get(name, 0.0) for name in networks),
            *(float(name in sense.readers) for name in readers),
        ]
        for sense in senses
    ]
    return np.array(features).reshape(len(senses), len(networks) + len(readers))


def _fit(choices: Sequence[Choice]) -> NDArray[np.float64]:
    """The weights of a conditional logit, "none of these" being one more row, by Adam with a ridge.

    The weights of what speaks for a sense are never negative; the last one is the score of none.
    """
    width = choices[0].features.shape[1]
    most = max(len(each.features) for each in choices)
    features = np.zeros((len(choices), most + 1, width + 1))
    absent = np.full((len(choices), most + 1), -1e9)
    right = np.full(len(choices), most)
    for place, each in enumerate(choices):
        features[place, : len(each.features), :width] = each.features
        absent[place, : len(each.features)] = absent[place, most] = 0.0
        right[place] = most if each.right is None else each.right
    features[:, most, width] = 1.0
    weights, mean, spread = np.zeros(width + 1), np.zeros(width + 1), np.zeros(width + 1)
    weights[:width] = 0.3
    for step in range(1, 3001):
        misfit = _shares(features @ weights + absent)
        misfit[np.arange(len(right)), right] -= 1
        slope = np.einsum("ij,ijk->k", misfit, features) / len(right) + _RIDGE * weights * (
            np.arange(width + 1) < width
        )
        mean, spread = 0.9 * mean + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        weights -= 0.02 * (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
        weights[:width] = np.maximum(weights[:width], 0.0)
    return weights


def _shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _chances(features: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return _shares(np.append(features @ weights[:-1], weights[-1]))[:-1]


def _tried(sighting: Sighting, choice: Choice, weights: NDArray[np.float64]) -> Tried:
    if not len(choice.features):
        return Tried(sighting, 0.0, None)
    shares = _chances(choice.features, weights)
    best = int(shares.argmax())
    return Tried(sighting, float(shares[best]), senses_of(sighting.writing, sighting.results)[best].meaning)


# -- asked for what the ledger has -----


@dataclass(frozen=True, slots=True)
class Asked:
    """How likely one line was found to say what stands there, and what differs from it by one character: by any, and by
    a figure that looks like it."""

    typed: bool
    truth: float
    slips: tuple[float, ...]
    look_alikes: tuple[float, ...]


def _asked(writing: Writing, sighting: Sighting, thresholds: Thresholds) -> Asked:
    """As the product asks, one text at a time; a text in the one way in which it is written here."""
    dice = random.Random(f"{sighting.form} {sighting.question.key}")
    truth, slips, look_alikes = (
        tuple(chance_of(writing, [text], sighting.results, thresholds) for text in texts)
        for texts in ((sighting.truth,), _slips(writing, sighting.truth, dice), _alike(writing, sighting.truth, dice))
    )
    return Asked(sighting.typed, truth[0], slips, look_alikes)


def _with_weights(writing: Writing, sightings: Sequence[Sighting], weights: NDArray[np.float64]) -> Thresholds:
    networks, readers = _voices(writing, sightings)
    likelihood, says = weights[: len(networks)].tolist(), weights[len(networks) : -1].tolist()
    worth = Worth(
        dict(zip(networks, likelihood, strict=True)), dict(zip(readers, says, strict=True)), float(weights[-1])
    )
    return replace(load_thresholds(), worth={writing: worth})


def _slips(writing: Writing, truth: str, dice: random.Random) -> Iterator[str]:
    """The text with one character another, left out or put in; only such as mean something else."""
    others = _OTHERS.get(writing, string.digits)
    places = [place for place, character in enumerate(truth) if not character.isspace()]
    for _ in range(_SLIPS_A_LINE):
        place, other = dice.choice(places), dice.choice(others)
        kept = dice.choice((place, place + 1, place + 1, place + 1))
        put = "" if kept > place and dice.random() < 0.2 else other.upper() if truth[place].isupper() else other
        slip = truth[:place] + put + truth[kept:]
        if _says_another(writing, slip, truth):
            yield slip


def _alike(writing: Writing, truth: str, dice: random.Random) -> Iterator[str]:
    """The text with one figure another that looks like it; only such as mean something else."""
    places = [place for place, character in enumerate(truth) if character in _LOOK_ALIKES]
    for place in dice.choices(places, k=_SLIPS_A_LINE) if places else ():
        slip = truth[:place] + dice.choice(_LOOK_ALIKES[truth[place]]) + truth[place + 1 :]
        if _says_another(writing, slip, truth):
            yield slip


def _says_another(writing: Writing, slip: str, truth: str) -> bool:
    return meaning(writing, tidied(writing, slip)) not in (None, meaning(writing, truth))


def _print_likelihood(asked: Sequence[Asked], style: str) -> None:
    slips = [chance for each in asked for chance in each.slips]
    look_alikes = [chance for each in asked for chance in each.look_alikes]
    for bound in _LIKELY:
        said = float(np.mean([each.truth >= bound for each in asked]))
        taken, alike = (sum(chance >= bound for chance in chances) for chances in (slips, look_alikes))
        print(
            f"#   {style}, asked for it: >= {bound}: {said:.3f} of {len(asked)}; "
            f"{taken} of {len(slips)} slips, {alike} of {len(look_alikes)} look-alikes"
        )


def _print_ends(sightings: Sequence[Sighting], style: str) -> None:
    """How likely each character of an address's end is found where it stands there, and where another end does."""
    thresholds = load_thresholds()
    seen = [each for each in sightings if not is_unseen(Writing.ADDRESS, each.results, thresholds)]
    all_ends = sorted({end for each in sightings if (end := state_and_code(each.truth))})
    by_end = {end: [each for each in seen if each.truth.endswith(end)] for end in all_ends}
    own = [end_of_address(each.results, end)[0] for end, its in by_end.items() for each in its]
    others = [
        end_of_address(each.results, other)[0]
        for end, its in by_end.items()
        for each in its
        for other in (*(other for other in all_ends if other != end), *_ENDS_ELSEWHERE)
    ]
    for bound in _ENDS:
        said, taken = float(np.mean([chance >= bound for chance in own])), sum(chance >= bound for chance in others)
        print(f"#   {style}, its end: >= {bound}: {said:.3f} of {len(own)}; {taken} of {len(others)} others")


def _print_accuracy(writing: Writing, tried: Sequence[Tried]) -> None:
    for typed in (True, False):
        right = [each.is_right for each in tried if each.sighting.typed is typed]
        if right:
            print(
                f"# {writing.value} {'typed' if typed else 'handwritten'}: {np.mean(right):.3f} of {len(right)} right"
            )


def _print_worth(
    writing: Writing, networks: Sequence[str], readers: Sequence[str], weights: NDArray[np.float64]
) -> None:
    likelihood, says, nothing = weights[: len(networks)], weights[len(networks) : -1], weights[-1]
    print(f"[worth.{writing.value}]\nlikelihood = {_named(networks, likelihood)}")
    print(f"says = {_named(readers, says)}\nnothing = {nothing:.3f}\n")


def _named(names: Sequence[str], weights: NDArray[np.float64]) -> str:
    return f"{{ {', '.join(f'{name} = {weight:.3f}' for name, weight in zip(names, weights, strict=True))} }}"


def _print_reliability(tried: Sequence[Tried]) -> None:
    """A slip of one figure may fall on nine others at each place, so that few misreadings undo it."""
    slips = 9 * sum(len(_figures(each.truth)) for each in tried if each.sighting.writing not in WORDS)
    for bound in _BOUNDS:
        above = [each for each in tried if each.chance >= bound]
        if not above:
            break
        wrong = [each for each in above if not each.is_right]
        near = sum(each.is_one_figure_off for each in wrong)
        undone = f"; undoes {1e4 * near / slips:.1f} of 10,000 slips" if slips else ""
        print(f"#   confidence >= {bound}: {len(above) / len(tried):.2f}, {len(wrong)} of {len(above)} wrong{undone}")


if __name__ == "__main__":
    main()
