"""Pages of gatherings: what is on, planning, coming; and what happens at the door."""
