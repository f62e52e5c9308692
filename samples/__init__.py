"""Synthetic holders, forms, hands and fax damage: for the demo, the tests and the benchmarks only."""

from samples.fax import Level
from samples.generate import Options, Written, make
from samples.lettering import Group

__all__ = ["Group", "Level", "Options", "Written", "make"]
