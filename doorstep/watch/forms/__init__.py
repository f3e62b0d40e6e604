"""Forms of concerns, split by who fills them in."""
