"""Why a reader cannot be used at all; what a reader cannot make out is a reading marked illegible instead."""

from __future__ import annotations

from core.failures import TenderfaxError


class ReaderUnusable(TenderfaxError):
    """A reader's program or model is not there: the installation is broken, not the fax."""
