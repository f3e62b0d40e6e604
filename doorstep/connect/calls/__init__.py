"""Calls: a small ask to the wider network that names nobody, and what comes back. See README.md."""
