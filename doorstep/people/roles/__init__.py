"""Roles: what each opens, where it may be held, and how it comes and goes."""
