"""What is done in learning, by noun."""
