"""Pages of funds and ideas."""
