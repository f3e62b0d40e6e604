"""SQLite as Django has it, remembering how each query is worded for SQLite."""
