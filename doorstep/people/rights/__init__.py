"""A person's rights over what is held about them: see README.md."""
