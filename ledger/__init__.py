"""The books we keep: option ledger versions, the journal, the archive of faxes and the review queue."""
