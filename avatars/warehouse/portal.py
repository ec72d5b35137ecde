"""The open portal: released aggregates only, behind a login with a second factor.

It reads the folder `released/` and nothing else: no warehouse is open while it runs. One table says
which role may do what; a route that is not in it is refused.
"""

import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse

from avatars.warehouse import portal_pages
from avatars.warehouse.security import Accounts, AuditLog, Session, Sessions, Throttle, audit_key
from twin_engine.page import policy
from twin_engine.text import LANGUAGES

COOKIE = "__Host-twin"
MOST_BODY = 16_384
HOSTS = ("127.0.0.1", "localhost", "[::1]", "testserver")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,80}\Z")
EVERYONE = frozenset({"viewer", "researcher", "steward"})
# (method, route) -> roles; None: without a login. What is not here is refused.
ALLOWED: dict[tuple[str, str], frozenset[str] | None] = {
    ("GET", "/login"): None,
    ("POST", "/login"): None,
    ("GET", "/"): EVERYONE,
    ("GET", "/release/{name}"): EVERYONE,
    ("GET", "/release/{name}/download"): frozenset({"researcher", "steward"}),
    ("GET", "/audit"): frozenset({"steward"}),
    ("POST", "/end-sessions"): frozenset({"steward"}),
    ("POST", "/language"): EVERYONE,
    ("POST", "/logout"): EVERYONE,
}
HEADERS = {
    "Content-Security-Policy": policy(forms=True) + "; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send Origin: null with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Portal:
    """What the routes share."""

    def __init__(self, folder: Path, state: Path, clock: Callable[[], float] = time.time) -> None:
        self.folder, self.clock = folder / "released", clock
        self.accounts = Accounts(state / "accounts.json")
        self.sessions, self.throttle = Sessions(clock), Throttle(clock)
        self.log = AuditLog(state / "audit.log", audit_key(state))

    def releases(self) -> list[dict[str, Any]]:
        """All releases, newest last."""
        files = sorted(self.folder.glob("*.json"), key=lambda f: (f.stat().st_mtime, f.name))
        return [json.loads(f.read_text(encoding="utf-8")) for f in files]

    def release(self, name: str) -> dict[str, Any] | None:
        """One release; its name is one word, so it cannot leave the folder."""
        file = self.folder / f"{name}.json"
        if not NAME.match(name) or not file.is_file():
            return None
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


def create(folder: Path, state: Path, clock: Callable[[], float] = time.time) -> FastAPI:
    """The portal as an application.

    Parameters
    ----------
    folder : Path
        Where `twin records release` wrote.
    state : Path
        Accounts and audit log; readable by the owner alone.
    clock : callable
        Seconds since 1970; tests turn it.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    portal = app.state.portal = Portal(folder, state, clock)
    _guard(app, portal)
    _login_routes(app, portal)
    _reading_routes(app, portal)

    @app.exception_handler(Exception)
    async def _failed(request: Request, error: Exception) -> Response:
        # Nothing of the request or the error reaches the page.
        return _plain(portal, 500, "en")

    @app.exception_handler(RequestValidationError)
    async def _wrong(request: Request, error: RequestValidationError) -> Response:
        return _plain(portal, 400, "en")

    return app


def _guard(app: FastAPI, portal: Portal) -> None:
    """Every request passes here: host, size, role, CSRF; every response gets the headers."""

    @app.middleware("http")
    async def guard(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await _checked(request, portal) or await following(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


async def _checked(request: Request, portal: Portal) -> Response | None:
    host = request.headers.get("host", "").rsplit(":", 1)[0] if "]" not in request.headers.get("host", "") else "[::1]"
    if host not in HOSTS:
        return _plain(portal, 400, "en")
    route = _route(request)
    session = request.state.session = portal.sessions.find(request.cookies.get(COOKIE))
    lang = session.lang if session else "en"
    if route is None or (request.method, route) not in ALLOWED:
        return _plain(portal, 404, lang)
    roles = ALLOWED[request.method, route]
    if roles is not None and session is None:
        return RedirectResponse("/login", 303) if request.method == "GET" else _plain(portal, 401, lang)
    if roles is not None and session is not None and session.role not in roles:
        portal.log.write(session.name, f"{request.method} {route}", outcome="refused")
        return _plain(portal, 403, lang)
    return await _posted(request, portal, session) if request.method == "POST" else None


async def _posted(request: Request, portal: Portal, session: Session | None) -> Response | None:
    """Size and origin of what is sent; the CSRF secret where there is a session."""
    lang = session.lang if session else "en"
    size = request.headers.get("content-length", "")
    if not size.isdigit() or int(size) > MOST_BODY:
        return _plain(portal, 413, lang)
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return _plain(portal, 403, lang)
    origin = request.headers.get("origin")
    if origin and origin.partition("://")[2] != request.headers.get("host"):
        return _plain(portal, 403, lang)
    if session is not None:
        await request.body()  # kept by the request, so that the route can read the form again
        form = await request.form()
        if not secrets.compare_digest(str(form.get("csrf", "")).encode(), session.csrf.encode()):
            portal.log.write(session.name, "csrf", outcome="refused")
            return _plain(portal, 403, lang)
    return None


def _route(request: Request) -> str | None:
    from starlette.routing import Match

    for route in request.app.routes:
        if route.matches(request.scope)[0] == Match.FULL:
            return str(getattr(route, "path", ""))
    return None


def _plain(portal: Portal, status: int, lang: str) -> HTMLResponse:
    return HTMLResponse(portal_pages.message(status, lang), status)


def _login_routes(app: FastAPI, portal: Portal) -> None:
    @app.get("/login")
    def show_login(lang: str = "en") -> Response:
        return HTMLResponse(portal_pages.login(lang if lang in LANGUAGES else "en", failed=False))

    @app.post("/login")
    def log_in(
        request: Request,
        name: str = Form("", max_length=200),
        password: str = Form("", max_length=1000),
        code: str = Form("", max_length=20),
        lang: str = Form("en", max_length=5),
    ) -> Response:
        lang = lang if lang in LANGUAGES else "en"
        locked = portal.throttle.locked(name)
        user = None if locked else portal.accounts.check(name, password, code, portal.clock())
        if user is None:
            portal.throttle.failed(name)
            known = name if name in dict(portal.accounts.names()) else "unknown name"
            portal.log.write(known, "login", outcome="locked" if locked else "refused")
            # The same words for a wrong name, password, code and for a locked account.
            return HTMLResponse(portal_pages.login(lang, failed=True), 401)
        portal.throttle.succeeded(name)
        portal.sessions.end(request.cookies.get(COOKIE))
        token = portal.sessions.begin(user, lang)
        portal.log.write(user.name, "login")
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, token, httponly=True, secure=True, samesite="strict", path="/")
        return response

    @app.post("/logout")
    def log_out(request: Request) -> Response:
        portal.sessions.end(request.cookies.get(COOKIE))
        portal.log.write(request.state.session.name, "logout")
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, secure=True, samesite="strict", path="/")
        return response

    @app.post("/language")
    def language(
        request: Request, lang: str = Form("en", max_length=5), back: str = Form("/", max_length=100)
    ) -> Response:
        if lang in LANGUAGES:
            request.state.session.lang = lang
        inside = back == "/" or re.fullmatch(r"/release/[a-z0-9-]{1,81}", back)
        return RedirectResponse(back if inside else "/", 303)


def _reading_routes(app: FastAPI, portal: Portal) -> None:
    @app.get("/")
    def index(request: Request) -> Response:
        return HTMLResponse(portal_pages.index(portal.releases(), request.state.session))

    @app.get("/release/{name}")
    def release(request: Request, name: str) -> Response:
        session: Session = request.state.session
        found = portal.release(name)
        if found is None:
            return _plain(portal, 404, session.lang)
        portal.log.write(session.name, "view", name)
        return HTMLResponse(portal_pages.release(found, session))

    @app.get("/release/{name}/download")
    def download(request: Request, name: str) -> Response:
        session: Session = request.state.session
        found = portal.release(name)
        if found is None:
            return _plain(portal, 404, session.lang)
        portal.log.write(session.name, "download", name)
        return Response(
            json.dumps(found, ensure_ascii=False, indent=1),
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}.json"'},
        )

    @app.get("/audit")
    def audit(request: Request) -> Response:
        broken = portal.log.verify()
        return HTMLResponse(
            portal_pages.audit(portal.log.rows(), broken, portal.accounts.names(), request.state.session)
        )

    @app.post("/end-sessions")
    def end_sessions(request: Request, name: str = Form("", max_length=40)) -> Response:
        if name in dict(portal.accounts.names()):
            portal.sessions.end_all(name)
            portal.log.write(request.state.session.name, "end sessions", name)
        return RedirectResponse("/audit", 303)
