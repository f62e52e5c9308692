"""From facts to text or bytes; one file per report or letter."""
