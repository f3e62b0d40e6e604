"""The directory: what exists here, true today, and open to every other system."""
