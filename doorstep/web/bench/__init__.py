"""How fast Doorstep is, measured beside a bare Django “hello” in the same run."""
