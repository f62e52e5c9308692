"""From facts to findings: every rule of the offer, and nothing that touches file, clock or image."""
