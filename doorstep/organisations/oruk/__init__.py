"""Open Referral UK: the directory out to other systems, and feeds in."""
