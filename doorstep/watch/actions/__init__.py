"""What can be done about a concern, split by who does it."""
