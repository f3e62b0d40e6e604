"""The evidence diary: what happened about a stuck problem, in the person's words, provable."""
