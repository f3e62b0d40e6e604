"""The form for everybody, and the leads' desk."""
