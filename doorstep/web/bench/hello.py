"""The reference: a Django project of one view and nothing else, served just like the site.

python -m doorstep.web.bench.hello PORT WORKERS
"""

from __future__ import annotations

import sys


def main() -> None:
    """Serve “hello” until told to stop."""
    from django.conf import settings
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    def hello(request: HttpRequest) -> HttpResponse:
        return HttpResponse("hello")

    module = type(sys)("hello_urls")
    module.urlpatterns = [path("", hello)]  # type: ignore[attr-defined]
    sys.modules["hello_urls"] = module
    settings.configure(
        DEBUG=False,
        SECRET_KEY="nothing is signed here",  # noqa: S106
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        ROOT_URLCONF="hello_urls",
        MIDDLEWARE=[],
        DOORSTEP={"PROXIES": 0},
    )
    from django.core.wsgi import get_wsgi_application

    from doorstep.web import serving

    port, workers = int(sys.argv[1]), int(sys.argv[2])
    serving.web_server(
        host="127.0.0.1",
        port=port,
        workers=workers,
        ready=lambda: None,
        load=get_wsgi_application,
    )


if __name__ == "__main__":
    main()
