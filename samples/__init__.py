"""Synthetic holders, forms, hands and fax damage: for the demo, the tests and the benchmarks only."""
