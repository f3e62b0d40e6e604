"""Contact attempts, whom we can't reach, and outreach lists."""
