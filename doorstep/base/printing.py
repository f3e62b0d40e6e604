"""Paper: HTML made into a PDF that screen readers can read (PDF/UA-1), by WeasyPrint.

    from doorstep.base import printing

    try:
        data = printing.pdf(html)
    except printing.CannotPrint as problem:   # Pango is not installed here
        messages.error(request, str(problem))  # and lead to the page that the browser prints

`html` is a whole document: `<html lang="…">` and `<title>`, which the format asks for. It may link
`print.css`, which brings the whole fonts (`static/design/`). Nothing is ever fetched from outside:
pictures are `data:` addresses, or files below `base_url`.

WeasyPrint is heavy (0.7 s and 60 MB to load): call this in the worker, not in a web process.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

# The fonts and the sheet that every paper of ours wears.
DESIGN = Path(__file__).resolve().parent.parent / "design" / "static" / "design"


class CannotPrint(Exception):
    """No PDF can be made on this machine; a sentence that says what to do instead."""


def can_print() -> bool:
    """Whether PDFs can be made here. Loads WeasyPrint: ask it in the worker."""
    try:
        _weasyprint()
    except CannotPrint:
        return False
    return True


def pdf(
    html: str, *, base_url: str | Path = DESIGN, attachments: dict[str, bytes] | None = None
) -> bytes:
    """Return the document as PDF/UA-1, with `attachments` (name -> content) in it.

    Addresses in it are read from the folder `base_url`, and nothing outside that folder or
    ours is opened. Raises CannotPrint where Pango is missing.
    """
    weasyprint = _weasyprint()
    folders = (DESIGN, Path(base_url).resolve())
    document = weasyprint.HTML(
        string=html,
        base_url=f"{folders[1].as_uri()}/",
        url_fetcher=_fetcher(folders),
    )
    files = [
        weasyprint.Attachment(string=data, name=name, description=name)
        for name, data in (attachments or {}).items()
    ]
    return document.write_pdf(pdf_variant="pdf/ua-1", attachments=files or None)  # type: ignore[no-any-return]


def _weasyprint() -> Any:
    for name in ("weasyprint", "fontTools.subset"):  # each font table is a line of theirs
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        import weasyprint
    except (ImportError, OSError) as problem:
        raise CannotPrint(
            _(
                "PDFs can't be made on this machine: Pango is missing. Open the page to print "
                "and use your browser's print button. It looks the same."
            )
        ) from problem
    return weasyprint


def _fetcher(folders: tuple[Path, ...]) -> Any:
    from weasyprint.urls import URLFetcher

    class Ours(URLFetcher):
        """Opens what we ship and what is in the address itself; never another machine."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            parts = urlsplit(url)
            if parts.scheme == "file":
                path = Path(unquote(parts.path)).resolve()
                if not any(path.is_relative_to(folder) for folder in folders):
                    raise ValueError("that file is not part of what is printed")
            elif parts.scheme != "data":
                raise ValueError("nothing is fetched from outside for printing")
            return super().fetch(url, headers)

    return Ours(allowed_protocols=("file", "data"), allow_redirects=False)
