"""A surge day, played against the site as it is served, and counted: `doorstep bench surge`."""
