"""One exception per cause; what is wrong with a fax is a finding instead (style 21)."""


class TenderfaxError(Exception):
    """Something we, not a holder, must put right. The message says place, fact and next step."""


class MalformedCase(TenderfaxError):
    """A keyed form or a case file that does not have the agreed shape (design 3.3)."""
