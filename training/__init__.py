"""The recipes of our networks: how what they learn from is made, and how they are trained and shipped.

No part of the installed product: it has its own environment (requirements.txt here) and is run from the checkout.
"""
