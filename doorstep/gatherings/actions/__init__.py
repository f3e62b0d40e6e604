"""What people do with gatherings, one verb each."""
