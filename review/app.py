"""The reviewer's desk as a web application: its guards, its pages, and what it says when it refuses."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from review.desk import Desk, Refused, SignInFirst, address_of, desk_of, seat_of
from review.guards import Guards, TooLarge
from review.routes import accounts, form, images, keyed, offer, pages, queue, signing_in, sweep, waivers
from review.templating import STATIC
from review.workplace import Workplace

PARTS = (signing_in, queue, form, pages, images, sweep, waivers, offer, keyed, accounts)
"""Every part of the desk that answers requests."""
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def create_app(workplace: Workplace, *, hosts: frozenset[str] = LOCAL_HOSTS, https: bool = False) -> FastAPI:
    """The desk over `workplace`, reached under `hosts`; with `https` its cookies travel over TLS only."""
    app = FastAPI(title="Tenderfax", docs_url=None, redoc_url=None, openapi_url=None)
    desk = Desk(workplace, https=https)
    app.state.desk = desk
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for part in PARTS:
        app.include_router(part.router)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(HTTPException, _http_failure)
    app.add_exception_handler(RequestValidationError, _not_asked_so)
    app.add_exception_handler(TooLarge, _too_large)
    app.add_middleware(
        Guards,
        hosts=hosts,
        https=https,
        log=lambda address, path, why: desk.log_refusal("", address, "request", path, why),
    )
    return app


def _refused(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, Refused)
    return _say_refused(request, failure.status, failure.message, failure.subject)


def _say_refused(request: Request, status: int, message: str, subject: str) -> Response:
    desk = desk_of(request)
    actor = getattr(request.state, "actor", "")
    desk.log_refusal(actor, address_of(request), f"{request.method} {request.url.path}", subject, message)
    if request.headers.get("hx-request"):
        return HTMLResponse(message, status_code=status)
    return desk.page("refused.html", seat_of(request), status=status, message=message)


def _sign_in_first(request: Request, _failure: Exception) -> Response:
    if request.headers.get("hx-request"):
        return HTMLResponse("", status_code=401, headers={"HX-Redirect": "/signin"})
    is_script = "application/json" in request.headers.get("accept", "")
    if is_script or (request.method == "GET" and request.url.path.endswith(".png")):
        return PlainTextResponse("Sign in first.", status_code=401)
    return RedirectResponse("/signin", status_code=303)


def _http_failure(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    if failure.status_code == 404:
        return desk_of(request).page("refused.html", seat_of(request), status=404, message="There is no such page.")
    return PlainTextResponse(f"{failure.detail}\n", status_code=failure.status_code)


def _not_asked_so(request: Request, _failure: Exception) -> Response:
    """An address with a part that no page takes; what it said is not repeated."""
    if seat_of(request) is None:
        return _sign_in_first(request, _failure)
    return desk_of(request).page(
        "refused.html", seat_of(request), status=400, message="No page is asked for like this."
    )


def _too_large(_request: Request, _failure: Exception) -> Response:
    return PlainTextResponse("The request is larger than any form of the desk.\n", status_code=413)
