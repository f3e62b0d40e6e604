"""What people do with a fund, by what it is about."""
