"""The front door, triage, the hubs, and all that becomes of a request."""
