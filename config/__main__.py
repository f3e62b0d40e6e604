"""`python -m config` is the `doorstep` command."""

from config.cli import main

raise SystemExit(main())
