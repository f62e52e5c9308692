"""From the books and what lies beside them to a `Night`: facts gathered, checks made, the report's values drawn up."""
