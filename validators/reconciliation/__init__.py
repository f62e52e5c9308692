"""The nightly reconciliation's checks (rulebook 5): facts in, breaks out; no book, file, clock or network."""
