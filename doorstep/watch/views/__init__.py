"""Pages of concerns, split by who opens them."""
