"""Pages that span the apps: home, front door, search, errors."""
