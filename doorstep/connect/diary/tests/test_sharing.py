"""A bundle given by a link: with a yes, until a day, and dead the moment it is stopped."""
