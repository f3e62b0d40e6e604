"""Pages of feed."""
