"""Pages of the front door and the desk."""
