"""Why a file could not be taken as a fax: one class per cause, each saying place, fact and next step (style 22).

The place is the file's name as it arrived, shown escaped and shortened; a path is never shown.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from core.failures import TenderfaxError

_SHOWN_NAME_LENGTH = 80

ASK_FOR_A_RESEND = "It stays in quarantine; ask the sender to fax it again."
LOOK_BY_HAND = "It stays in quarantine; a person must look at it."


def shown_name(name: str) -> str:
    """A file name that is safe to print on one line: no folder, no control character, at most 80 characters.

    Surrogates (bytes that are no UTF-8), newlines, direction marks and the like are shown as escapes, so that a name
    cannot forge a second line of a log or hide its ending.
    """
    last = PurePath(name).name or name
    shown = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in last)
    if len(shown) > _SHOWN_NAME_LENGTH:
        shown = f"{shown[: _SHOWN_NAME_LENGTH - 1]}…"
    return shown or "(a file without a name)"


class FaxFileRefused(TenderfaxError):
    """A file that is no fax we can read whole. `code` is the stable name of the cause."""

    next_step: ClassVar[str] = LOOK_BY_HAND

    def __init__(self, fact: str, name: str = "") -> None:
        self.fact = fact
        self.name = name
        super().__init__(f"{shown_name(name)}: {fact}. {self.next_step}")

    @property
    def code(self) -> str:
        return type(self).__name__

    def of_file(self, name: str) -> FaxFileRefused:
        """The same failure, said of the file called `name`."""
        return type(self)(self.fact, name)


class FileMissing(FaxFileRefused):
    """The file went away between being seen and being opened."""

    next_step = "Nothing was taken in; if the fax server shows this fax, copy it into the inbox again."


class FolderInstead(FaxFileRefused):
    """A folder stands where a file was expected."""

    next_step = "Move the faxes inside it into the inbox one by one."


class SymbolicLinkRefused(FaxFileRefused):
    """A link may point anywhere, also out of the inbox: only real files are taken in."""

    next_step = "Copy the file itself into the inbox."


class SpecialFileRefused(FaxFileRefused):
    """A pipe, socket or device: reading it may never end."""

    next_step = "Copy the fax as an ordinary file into the inbox."


class FileUnreadable(FaxFileRefused):
    """The operating system does not let us read the file."""

    next_step = "Give the service the right to read it, or copy it into the inbox again."


class EmptyFile(FaxFileRefused):
    """A file of no bytes."""

    next_step = ASK_FOR_A_RESEND


class FileTooLarge(FaxFileRefused):
    """More bytes than any fax needs."""


class NotAnImage(FaxFileRefused):
    """The content is of no kind that a fax comes in, whatever the name says."""


class KindNotTaken(FaxFileRefused):
    """An image, but of a kind or a coding that no fax server writes."""

    next_step = "It stays in quarantine; convert it to TIFF or PDF and take that in."


class TruncatedFile(FaxFileRefused):
    """The file ends before its own header says it does. Its first pages may be whole; they are not the whole fax."""

    next_step = ASK_FOR_A_RESEND


class DamagedFile(FaxFileRefused):
    """The header or the coded picture contradicts itself."""

    next_step = ASK_FOR_A_RESEND


class TooManyPages(FaxFileRefused):
    """More pages than the limit of a fax."""


class PageTooLarge(FaxFileRefused):
    """A page of more pixels than the limit: a bomb, or a drawing that is no form."""


class PaperTooLarge(FaxFileRefused):
    """A page wider or longer than any paper that goes through a fax."""


class PageTooSmall(FaxFileRefused):
    """A page too small to carry a form."""

    next_step = ASK_FOR_A_RESEND


class EncryptedPdf(FaxFileRefused):
    """A PDF that wants a password or forbids reading."""

    next_step = "It stays in quarantine; ask the sender for a PDF without protection."


class RasterMismatch(FaxFileRefused):
    """The decoded picture is not the one that the header promised."""

    next_step = ASK_FOR_A_RESEND


class DecoderTimedOut(FaxFileRefused):
    """The decoder was ended because it took longer than the limit."""


class DecoderOutOfMemory(FaxFileRefused):
    """The decoder was ended because it asked for more memory than the limit."""


class DecoderCrashed(FaxFileRefused):
    """The decoder died without saying why."""


class BlankFormUnusable(TenderfaxError):
    """A blank form of the offer cannot be rendered or has too little print to register a page onto."""


def refusal_named(code: str) -> type[FaxFileRefused]:
    """The class called `code`; DecoderCrashed for a name that is none of ours (a child's word is not trusted)."""
    return {c.__name__: c for c in FaxFileRefused.__subclasses__()}.get(code, DecoderCrashed)
