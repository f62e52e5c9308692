"""The recipe of the cell reader: how its training crops are made and how its network is trained and shipped.

No part of the installed product: it has its own environment (requirements.txt here) and is run from the checkout.
"""
