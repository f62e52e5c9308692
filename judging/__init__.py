"""From the books to what stands: the record judged by every rule; below the reports, the desk and the flows."""
