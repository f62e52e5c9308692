"""The nouns of a tender offer; standard library only, and it knows no file, database, clock or image."""
