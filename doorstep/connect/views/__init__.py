"""Pages of one-to-one work."""
