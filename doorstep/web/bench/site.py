"""The site as `doorstep serve` serves it, without the background work.

python -m doorstep.web.bench.site PORT WORKERS
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve the site until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings

    from doorstep.web import serving

    settings.LIMITS_STRETCH = 1_000_000  # a few accounts do a whole borough's writing here

    serving.collect_static()
    port, workers = int(sys.argv[1]), int(sys.argv[2])
    serving.web_server(host="127.0.0.1", port=port, workers=workers, ready=lambda: None)


if __name__ == "__main__":
    main()
