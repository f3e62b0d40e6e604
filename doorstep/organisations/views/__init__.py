"""Pages of the directory for people."""
