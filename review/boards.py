"""The one board that all pages share, carried on whenever the journal has grown."""

from __future__ import annotations

from threading import Lock

from sqlalchemy import Connection

from judging import running
from ledger import journal
from ledger.books import Books
from offers.terms import Terms
from review.board import Board, board_of


class Boards:
    """Gives the board as the journal has it; a page that only reads never judges anything twice."""

    def __init__(self, books: Books, terms: Terms) -> None:
        self._books = books
        self._terms = terms
        self._board: Board | None = None
        self._lock = Lock()

    def now(self, connection: Connection | None = None) -> Board:
        """The board up to the journal's last committed line.

        Inside `Books.writing()` give its connection: then nothing can change the board before the block commits.
        """
        if connection is None:
            with self._books.reading() as fresh:
                return self._up_to_date(fresh)
        return self._up_to_date(connection)

    def _up_to_date(self, connection: Connection) -> Board:
        head = journal.head(connection).seq
        known = self._board
        if known is not None and known.running.seq == head:
            return known
        with self._lock:
            known = self._board
            if known is not None and known.running.seq >= head:
                return known
            if known is None:
                self._board = board_of(running.start(self._terms, connection))
            else:
                self._board = board_of(running.advance(known.running, connection), known)
            return self._board
