"""The pages of learning, by noun."""
