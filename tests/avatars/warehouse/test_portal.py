"""The portal: roles, second factor, sessions, CSRF, headers, audit log, both languages."""

import json
import re
import threading
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient

from avatars.warehouse import portal, security
from avatars.warehouse.security import AuditLog, Sessions, User, check_password
from twin_engine.errors import InputError

PASSWORD = "seven quiet green lamps"
RELEASE = {
    "name": "gi-bleed-1", "phenotype": "gi-bleed", "title": "New users of celecoxib", "threshold": 5, "persons": 1800,
    "tables": [
        {"by": ["sex", "age_decade"], "hidden_percent": 10.0, "cells": [
            {"labels": {"sex": s, "age_decade": a}, "count": None if (s, a) == ("male", "90+") else 100 + i}
            for i, (s, a) in enumerate(product(("female", "male"), ("70-79", "80-89", "90+")))]},
        {"by": ["race"], "hidden_percent": 50.0, "cells": [
            {"labels": {"race": "<script>alert(1)</script>"}, "count": 7}, {"labels": {}, "count": 1800}]},
    ],
    "attrition": [{"rule": "first celecoxib", "persons": 1844}, {"rule": "washout", "persons": None}],
    "histogram": [{"age": "30-39", "real": 1068, "avatars": 1089}], "gates_conclusive": False,
    "gates": [{"method": "gaussian_copula", "max_abs_rho_difference": 0.01, "two_sample_auc": 0.52,
               "membership_auc": 0.52, "passed": True}],
    "quality": {"passed": 278, "failed": 55, "not applicable": 393}, "k_anonymity": 4, "epsilon_remaining": 2.0,
    "mapping": [{"table": "measurement", "codes": 1, "codes_mapped_percent": 100.0, "records": 1,
                 "records_mapped_percent": 100.0}],
}  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def hashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accounts of the three roles, hashed once."""
    folder = tmp_path_factory.mktemp("accounts")
    accounts = security.Accounts(folder / "accounts.json")
    for role in security.ROLES:
        accounts.add(f"the-{role}", role, PASSWORD)
    return folder


class World:
    """A portal with one release, three accounts and a clock that can be turned."""

    def __init__(self, folder: Path, hashed: Path) -> None:
        self.folder, self.clock = folder, Clock()
        (folder / "released").mkdir()
        (folder / "released" / "gi-bleed-1.json").write_text(json.dumps(RELEASE))
        (folder / "secret.json").write_text('{"name": "planted secret"}')
        state = folder / "state"
        state.mkdir()
        (state / "accounts.json").write_bytes((hashed / "accounts.json").read_bytes())
        self.app = portal.create(folder, state, self.clock)
        self.portal = self.app.state.portal

    def client(self) -> TestClient:
        return TestClient(
            self.app, base_url="https://testserver", raise_server_exceptions=False, follow_redirects=False
        )

    def code(self, name: str) -> str:
        user = self.portal.accounts._read()[name]
        return pyotp.TOTP(user.secret).at(int(self.clock()))

    def login(self, role: str, **changed: str) -> tuple[TestClient, Any]:
        self.clock.now += 60  # a code works once
        name = f"the-{role}"
        client = self.client()
        data = {"name": name, "password": PASSWORD, "code": self.code(name)} | changed
        return client, client.post("/login", data=data)

    def inside(self, role: str, lang: str = "en") -> TestClient:
        """A client with a session, without the cost of a login."""
        client = self.client()
        client.cookies.set(portal.COOKIE, self.portal.sessions.begin(User(f"the-{role}", role, "", ""), lang))
        return client


@pytest.fixture()
def world(tmp_path: Path, hashed: Path) -> World:
    return World(tmp_path, hashed)


def csrf(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/").text)
    assert found
    return found[1]


# ---- roles -----------------------------------------------------------------------------------


def test_every_route_is_in_the_table(world: World) -> None:
    routes = {(m, r.path) for r in world.app.routes for m in (r.methods or ()) if m not in ("HEAD", "OPTIONS")}  # type: ignore[attr-defined]
    assert routes == set(portal.ALLOWED)
    open_routes = {r for r, roles in portal.ALLOWED.items() if roles is None}
    assert open_routes == {("GET", "/login"), ("POST", "/login")}


def test_role_by_endpoint(world: World) -> None:
    for role in (None, *security.ROLES):
        for (method, route), allowed in portal.ALLOWED.items():
            if route == "/login":
                continue
            client = world.client()
            data = {}
            if role:
                client = world.inside(role)
                data = {"csrf": csrf(client)}
            path = route.replace("{name}", "gi-bleed-1")
            answer = client.request(method, path, data=data if method == "POST" else None)
            if role is None:
                assert answer.status_code == (303 if method == "GET" else 401), (method, route)
                assert "1,800" not in answer.text
            elif role in (allowed or ()):
                assert answer.status_code in (200, 303), (role, method, route)
            else:
                assert answer.status_code == 403, (role, method, route)
                assert "1,800" not in answer.text


def test_no_documentation_and_nothing_unlisted(world: World) -> None:
    client = world.inside("steward")
    for path in ("/docs", "/redoc", "/openapi.json", "/.git/config", "/release", "/static/x"):
        assert client.get(path).status_code == 404
    assert client.put("/", content=b"x").status_code in (404, 405)


# ---- login -----------------------------------------------------------------------------------


def test_login_needs_all_three(world: World) -> None:
    _, right = world.login("viewer")
    assert right.status_code == 303
    for changed in ({"password": "wrong but long enough"}, {"code": "000000"}, {"code": ""}, {"name": "nobody"}):
        client, answer = world.login("viewer", **changed)
        assert answer.status_code == 401
        assert "Name, password or code is wrong" in answer.text  # the same words for all
        assert client.get("/").status_code == 303
        world.portal.throttle.failures.clear()


def test_a_code_works_once(world: World) -> None:
    world.clock.now += 60
    data = {"name": "the-viewer", "password": PASSWORD, "code": world.code("the-viewer")}
    assert world.client().post("/login", data=data).status_code == 303
    assert world.client().post("/login", data=data).status_code == 401


def test_five_failures_lock_for_a_while(world: World) -> None:
    for _ in range(5):
        world.login("viewer", password="wrong but long enough")
    assert world.login("viewer")[1].status_code == 401
    world.clock.now += security.LOCK_S
    assert world.login("viewer")[1].status_code == 303


def test_no_default_account_and_passwords(tmp_path: Path) -> None:
    accounts = security.Accounts(tmp_path / "a.json")
    assert accounts.names() == []
    for password in ("short", "password1234", "aaaaaaaaaaaaaaa", "kim is my name ok", "x" * 129):
        with pytest.raises(InputError, match="too weak"):
            check_password("kim", password)
    check_password("kim", PASSWORD)
    with pytest.raises(InputError, match="not a name"):
        accounts.add("../../etc", "viewer", PASSWORD)
    accounts.add("kim", "viewer", PASSWORD)
    assert PASSWORD not in (tmp_path / "a.json").read_text()
    assert "argon2id" in (tmp_path / "a.json").read_text()
    assert oct((tmp_path / "a.json").stat().st_mode)[-3:] == "600"
    with pytest.raises(InputError, match="exists"):
        accounts.add("kim", "steward", PASSWORD)


# ---- sessions, CSRF, headers -----------------------------------------------------------------


def test_the_cookie_and_its_session(world: World) -> None:
    client, answer = world.login("viewer")
    cookie = answer.headers["set-cookie"].lower()
    for word in ("__host-twin=", "httponly", "secure", "samesite=strict", "path=/"):
        assert word in cookie
    assert "domain" not in cookie
    token = client.cookies[portal.COOKIE]
    assert len(token) >= 43  # 256 bits
    assert token not in world.portal.sessions._all
    # A new token at each login, and the old one ends.
    world.clock.now += 60
    data = {"name": "the-viewer", "password": PASSWORD, "code": world.code("the-viewer"), "csrf": csrf(client)}
    again = client.post("/login", data=data)
    assert again.status_code == 303
    assert client.cookies[portal.COOKIE] != token
    old = world.client()
    old.cookies.set(portal.COOKIE, token)
    assert old.get("/").status_code == 303


def test_sessions_end(world: World) -> None:
    client, _ = world.login("viewer")
    assert client.get("/").status_code == 200
    world.clock.now += security.IDLE_S + 1
    assert client.get("/").status_code == 303
    client, _ = world.login("viewer")
    for _ in range(33):
        world.clock.now += security.IDLE_S - 1
        last = client.get("/").status_code
    assert last == 303  # eight hours are the end, busy or not
    client, _ = world.login("viewer")
    token = client.cookies[portal.COOKIE]
    assert client.post("/logout", data={"csrf": csrf(client)}).status_code == 303
    client.cookies.set(portal.COOKIE, token)
    assert client.get("/").status_code == 303
    client, _ = world.login("viewer")
    steward, _ = world.login("steward")
    steward.post("/end-sessions", data={"csrf": csrf(steward), "name": "the-viewer"})
    assert client.get("/").status_code == 303
    assert steward.get("/").status_code == 200


def test_forged_requests_are_refused(world: World) -> None:
    client = world.inside("steward")
    secret = csrf(client)
    attempts = [
        ({}, {}),
        ({"csrf": "x" * 43}, {}),
        ({"csrf": secret}, {"origin": "https://evil.example"}),
        ({"csrf": secret}, {"sec-fetch-site": "cross-site"}),
    ]
    for data, headers in attempts:
        assert client.post("/end-sessions", data=data | {"name": "the-viewer"}, headers=headers).status_code == 403
    assert client.get("/").status_code == 200
    assert client.post("/language", data={"csrf": secret, "lang": "ko"}).status_code == 303
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400  # DNS rebinding
    far = client.post("/language", data={"csrf": secret, "lang": "en", "back": "//evil.example/"})
    assert far.headers["location"] == "/"


def test_headers_on_every_answer(world: World) -> None:
    client = world.inside("viewer")
    for path in ("/", "/login", "/nowhere", "/audit", "/release/gi-bleed-1"):
        answer = client.get(path)
        for name, value in portal.HEADERS.items():
            assert answer.headers[name] == value, (path, name)
    policy = portal.HEADERS["Content-Security-Policy"]
    for part in ("default-src 'none'", "script-src 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert part in policy


def test_large_bodies_are_refused(world: World) -> None:
    client = world.client()
    assert client.post("/login", data={"name": "x" * 100_000}).status_code == 413

    def endless() -> Iterator[bytes]:
        yield b"name=x"

    assert client.post("/login", content=endless()).status_code == 413  # chunked: no length given


# ---- what is asked for -----------------------------------------------------------------------

HOSTILE = [
    "' OR 1=1 --",
    "gi-bleed-1'; DROP TABLE person; --",
    "../secret",
    "..%2fsecret",
    "%2e%2e/secret",
    "....//secret",
    "gi-bleed-1%00",
    "/etc/passwd",
    "<script>alert(1)</script>",
    "a" * 5000,
    "gi-bleed-1%0A",
    "\ud55c\uae00",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_find_nothing(world: World, text: str) -> None:
    client = world.inside("steward")
    for path in (f"/release/{text}", f"/release/{text}/download"):
        answer = client.get(path)
        assert answer.status_code in (404, 400)
        assert "planted secret" not in answer.text and "root:" not in answer.text
        assert "<script>alert" not in answer.text
    answer = client.post("/language", data={"csrf": csrf(client), "lang": text, "back": text})
    assert answer.status_code == 400 or answer.headers["location"] == "/"
    assert "<script>alert" not in answer.text
    failed = client.post(
        "/login", data={"name": text, "password": text, "code": text, "lang": text, "csrf": csrf(client)}
    )
    assert failed.status_code in (400, 401, 413)
    assert "<script>alert" not in failed.text
    assert world.portal.log.verify() is None


def test_a_crash_tells_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.inside("viewer")

    def crash(*_: object) -> None:
        raise RuntimeError("planted secret of Mr Kim")

    monkeypatch.setattr(portal.portal_pages, "release", crash)
    answer = client.get("/release/gi-bleed-1")
    assert answer.status_code == 500
    assert "planted" not in answer.text and "Traceback" not in answer.text


class Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def test_the_release_page(world: World) -> None:
    client = world.inside("viewer")
    page = client.get("/release/gi-bleed-1").text
    parser = Text()
    parser.feed(page)
    words = " ".join(parser.parts)
    shown = ("Dataset card", "Attrition", "Counts: sex, age group", "Real persons and avatars", "Data quality")
    for text in (*shown, "1,800", "hidden", "k = 4", "ε = 2", "not a medical device", "prove little"):
        assert text in words, text
    assert "<script>alert" not in page  # escaped
    assert page.count("<svg") >= 3
    assert "/download" not in page  # a viewer has none
    researcher = world.inside("researcher")
    assert "/download" in researcher.get("/release/gi-bleed-1").text
    saved = researcher.get("/release/gi-bleed-1/download")
    assert saved.json() == RELEASE
    assert "attachment" in saved.headers["content-disposition"]


def test_korean(world: World) -> None:
    client = world.inside("viewer", "ko")
    page = client.get("/release/gi-bleed-1").text
    assert '<html lang="ko">' in page
    for english in (">Attrition<", ">Data quality<", ">Log out<", ">Dataset card<"):
        assert english not in page
    assert '<html lang="en">' in world.inside("viewer").get("/").text


# ---- audit log -------------------------------------------------------------------------------


def test_an_edited_audit_row_is_detected(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.log", b"k" * 32)
    for i in range(6):
        log.write("kim", "view", f"release-{i}")
    assert log.verify() is None
    lines = (tmp_path / "audit.log").read_text().splitlines(keepends=True)
    attacks = {
        "edited": [*lines[:2], lines[2].replace("release-2", "release-9"), *lines[3:]],
        "removed": [*lines[:2], *lines[3:]],
        "swapped": [lines[0], lines[2], lines[1], *lines[3:]],
        "cut off": lines[:4],
        "forged": [*lines, lines[-1].replace('"n": 6', '"n": 7')],
        "garbled": [*lines[:3], "{\n", *lines[3:]],
        "emptied": [],
    }
    for name, changed in attacks.items():
        (tmp_path / "audit.log").write_text("".join(changed))
        assert log.verify() is not None, name
    (tmp_path / "audit.log").write_text("".join(lines))
    assert log.verify() is None
    assert AuditLog(tmp_path / "audit.log", b"x" * 32).verify() == 1  # chained anew with another key


def test_names_cannot_forge_rows_and_secrets_are_not_logged(world: World) -> None:
    world.login("viewer", name='x"}\n{"n": 99, "who": "the-steward"')
    client, _ = world.login("researcher")
    client.get("/release/gi-bleed-1/download")
    rows = world.portal.log.rows()
    assert [r["n"] for r in rows] == list(range(1, len(rows) + 1))
    assert rows[0] == rows[0] | {"who": "unknown name", "what": "login", "outcome": "refused"}
    assert {(r["who"], r["what"]) for r in rows} >= {("the-researcher", "login"), ("the-researcher", "download")}
    text = world.portal.log.path.read_text()
    assert PASSWORD not in text and client.cookies[portal.COOKIE] not in text
    steward = world.inside("steward")
    assert "The log is whole." in steward.get("/audit").text
    changed = world.portal.log.path.read_text().replace("download", "view")
    world.portal.log.path.write_text(changed)
    assert "The log was changed at row" in steward.get("/audit").text


def test_session_tokens_are_kept_as_hashes_only() -> None:
    sessions = Sessions(lambda: 0.0)
    token = sessions.begin(User("kim", "viewer", "", ""), "en")
    assert token not in repr(sessions._all)
    assert sessions.find(token) is not None
    assert sessions.find("x" + token[1:]) is None
    assert sessions.find(None) is None


# ---- in a browser ----------------------------------------------------------------------------


@pytest.mark.needs_browser
def test_in_chromium(world: World, tmp_path: Path) -> None:
    """A person logs in, reads a release in Korean, logs out: over a real socket."""
    import shutil
    import socket
    import subprocess

    import httpx
    import uvicorn

    driver_binary, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if not driver_binary or not chromium:
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium-driver)")

    def free_port() -> int:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return int(s.getsockname()[1])

    port, driver_port = free_port(), free_port()
    server = uvicorn.Server(uvicorn.Config(world.app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    driver = subprocess.Popen(
        [driver_binary, f"--port={driver_port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        web = httpx.Client(base_url=f"http://127.0.0.1:{driver_port}", timeout=60)
        for _ in range(200):
            try:
                if server.started and web.get("/status").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
        words = ["--headless=new", "--no-sandbox", "--no-first-run", *(f"--disable-{q}" for q in quiet)]
        words += [f"--user-data-dir={tmp_path / 'chromium'}", "--window-size=1000,1600"]
        options = {"binary": chromium, "args": words}
        made = web.post("/session", json={"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}).json()
        base = f"/session/{made['value']['sessionId']}"

        def one(css: str) -> str:
            found = web.post(f"{base}/element", json={"using": "css selector", "value": css}).json()["value"]
            return next(iter(found.values()))

        def type_in(css: str, text: str) -> None:
            web.post(f"{base}/element/{one(css)}/value", json={"text": text})

        def click(css: str) -> None:
            web.post(f"{base}/element/{one(css)}/click", json={})

        def source(wanted: str) -> str:
            for _ in range(200):  # a click does not wait for the page that it leads to
                text = str(web.get(f"{base}/source").json()["value"])
                if wanted in text:
                    return text
                time.sleep(0.05)
            raise AssertionError(f"{wanted} did not come: {text[-2000:]}")

        world.clock.now += 60
        web.post(f"{base}/url", json={"url": f"http://localhost:{port}/login?lang=ko"})
        type_in("input[name=name]", "the-researcher")
        type_in("input[name=password]", PASSWORD)
        type_in("input[name=code]", world.code("the-researcher"))
        click("button.main")
        source("gi-bleed-1")
        click("a.sheet")
        text = source("<svg")
        assert '<html lang="ko">' in text and text.count("<svg") >= 3
        script = "return document.documentElement.scrollWidth <= window.innerWidth"
        assert web.post(f"{base}/execute/sync", json={"script": script, "args": []}).json()["value"]
        picture = web.get(f"{base}/screenshot").json()["value"]
        assert len(picture) > 20_000
        (tmp_path / "portal.png").write_bytes(__import__("base64").b64decode(picture))
        click('form[action="/logout"] button')
        source('name="password"')
        web.delete(base)
    finally:
        server.should_exit = True
        driver.terminate()
        driver.wait(10)
        thread.join(10)
