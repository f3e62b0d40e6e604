"""What people do with an evidence diary."""
