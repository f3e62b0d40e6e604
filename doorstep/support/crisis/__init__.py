"""The crisis switch: surge on, surge off, and drills."""
