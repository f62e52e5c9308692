"""What an offer says: its terms, its calendar and its blank forms."""
