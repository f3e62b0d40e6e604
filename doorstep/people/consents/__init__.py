"""Consent: a person allows a purpose, to a recipient, for a period; withdrawable."""
