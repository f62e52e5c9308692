"""The night's page on paper: the same HTML laid out by WeasyPrint on Letter pages.

The bytes follow from the page alone: its dates are the night's, the file's identifier is the page's hash.
"""

from __future__ import annotations

import hashlib
import logging

_PAPER = """
@page{
  @bottom-left{content:string(title);font:8px Plex;color:#222}
  @bottom-right{content:"Page " counter(page) " of " counter(pages);font:8px Plex;color:#222}
}
title{string-set:title content()}
head,title{display:block;height:0;overflow:hidden;font-size:0}
style,meta{display:none}
"""


def night_pdf(page: str) -> bytes:
    """The PDF of a page made by `night_page`. What an address names is never fetched: the page has all it needs."""
    # Loading WeasyPrint takes longer than most commands run.
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    # It says of every rule meant for screens that it does not know it; a typeface that fails raises all the same.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    identifier = hashlib.sha256(page.encode("utf-8")).digest()[:16]
    document = HTML(string=page, url_fetcher=fetcher)
    made: bytes = document.write_pdf(stylesheets=[CSS(string=_PAPER)], pdf_identifier=identifier, pdf_tags=True)
    return made
