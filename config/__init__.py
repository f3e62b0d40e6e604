"""How the house is wired: settings, addresses, servers and the `doorstep` command."""
