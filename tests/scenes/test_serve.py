"""`twin scene serve`: one path, closed to the network unless asked, a certificate that names the address."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import serve
from twin_engine.cli import main
from twin_engine.errors import InputError

PAGE = "<!doctype html><title>집</title>".encode()
POLICY = "default-src 'none'; script-src 'sha256-abc='"


@contextlib.contextmanager
def running(context: ssl.SSLContext | None = None, host: str = serve.LOOPBACK) -> Iterator[serve.PageServer]:
    with serve.PageServer(host, 0, context) as server:
        server.page, server.policy = PAGE, POLICY
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(server: serve.PageServer, path: str = "/", method: str = "GET", host: str | None = None,
        body: bytes | None = None) -> http.client.HTTPResponse:  # fmt: skip
    line = http.client.HTTPConnection(serve.LOOPBACK, server.port, timeout=20)
    line.request(method, path, body=body, headers={"Host": host} if host else {})
    answer = line.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    line.close()
    return answer


def test_the_page_comes_with_its_headers() -> None:
    with running() as server:
        answer = ask(server)
        assert answer.status == 200 and answer.content == PAGE
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Security-Policy"] == POLICY + "; frame-ancestors 'none'"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Permissions-Policy"] == "xr-spatial-tracking=(self)"
        assert "Python" not in answer.headers["Server"]
        assert ask(server, method="HEAD").content == b"" and server.sent == 1
        assert ask(server, host=f"127.0.0.1:{server.port}").status == 200


PATHS = ("/favicon.ico", "/index.html", "/?", "/../pyproject.toml", "/%2e%2e/etc/passwd", "/page", "*",
         "http://localhost/")  # fmt: skip


def test_other_paths_names_and_methods_are_refused() -> None:
    with running() as server:
        for path in PATHS:
            answer = ask(server, path)
            assert answer.status == 404 and answer.content == b"", path
        # Another site whose name leads to this machine gets nothing (DNS rebinding).
        assert ask(server, host="evil.example:80").status == 404
        assert ask(server, method="POST", body=b"x").status == 501
        assert server.sent == 0


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40))
def test_only_one_path_is_the_page(path: str) -> None:
    class Asked(serve.Handler):
        def __init__(self) -> None:
            self.path, self.headers, self.server = path, {"Host": "localhost:1"}, Server()  # type: ignore[assignment]

        def _send(self, status: int, kind: str, content: bytes, body: bool) -> None:
            self.status = int(status)

    class Server:
        names, page, sent = {"localhost:1"}, PAGE, 0

    one = Asked()
    one.do_GET()
    assert one.status == (200 if path == "/" else 404)


def listening() -> set[str]:
    """Local addresses at which this process listens (Linux)."""
    mine = {os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if _link(n)}
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        part = line.split()
        if part[3] == "0A" and f"socket:[{part[9]}]" in mine:
            found.add(socket.inet_ntoa(bytes.fromhex(part[1][:8])[::-1]))
    return found


def _link(number: str) -> bool:
    with contextlib.suppress(OSError):
        return bool(os.readlink(f"/proc/self/fd/{number}"))
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_on_the_network_without_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    before = listening()
    bound: list[set[str]] = []

    def build() -> tuple[bytes, str]:
        bound.append(listening() - before)
        raise KeyboardInterrupt

    answer = serve.serve(build, 0)
    assert bound == [{"127.0.0.1"}]
    assert answer["address"].startswith("http://localhost:") and answer["certificate_sha256"] is None
    # With the flag: the one address that is shown, not every address of the machine.
    monkeypatch.setattr(serve, "lan_address", lambda: "127.0.0.5")
    bound.clear()
    answer = serve.serve(build, 0, lan=True)
    assert bound == [{"127.0.0.5"}] and answer["address"].startswith("https://127.0.0.5:")


def lan_ask(server: serve.PageServer, host: str, path: str = "/") -> tuple[int, bytes, bytes]:
    """Status, body and certificate; the certificate is checked against the address."""
    with socket.create_connection((host, server.port), timeout=20) as raw:
        loose = ssl.create_default_context()
        loose.check_hostname, loose.verify_mode = False, ssl.CERT_NONE
        with loose.wrap_socket(raw) as first:
            made = first.getpeercert(binary_form=True)
    assert made
    strict = ssl.create_default_context(cadata=made)
    line = http.client.HTTPSConnection(host, server.port, timeout=20, context=strict)
    line.request("GET", path)
    answer = line.getresponse()
    found = answer.status, answer.read(), made
    line.close()
    return found


def test_the_certificate_names_the_address() -> None:
    x509 = pytest.importorskip("cryptography.x509")
    host = "127.0.0.5"
    context, fingerprint = serve.certificate(host)
    with running(context, host) as server:
        status, body, made = lan_ask(server, host)
        assert (status, body) == (200, PAGE)
        assert lan_ask(server, host, "/other")[0] == 404
        found = x509.load_der_x509_certificate(made)
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert [str(a) for a in named.get_values_for_type(x509.IPAddress)] == [host]
        assert found.not_valid_after_utc - datetime.now(UTC) <= serve.VALID
        assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
        import hashlib

        assert hashlib.sha256(made).hexdigest() == fingerprint
        # Who types http:// is led to https; nothing is sent in the clear.
        plain = http.client.HTTPConnection(host, server.port, timeout=20)
        plain.request("GET", "/")
        answer = plain.getresponse()
        assert answer.status == 301 and answer.headers["Location"] == server.address and answer.read() == b""
        plain.close()


def test_another_address_is_not_covered() -> None:
    pytest.importorskip("cryptography")
    context, _ = serve.certificate("127.0.0.6")
    with running(context, "127.0.0.5") as server, pytest.raises(ssl.SSLCertVerificationError, match="IP address"):
        lan_ask(server, "127.0.0.5")


def test_a_client_that_says_nothing_does_not_stop_the_others() -> None:
    pytest.importorskip("cryptography")
    host = "127.0.0.5"
    context, _ = serve.certificate(host)
    with running(context, host) as server, socket.create_connection((host, server.port)):
        assert lan_ask(server, host)[0] == 200


def test_the_key_is_private_and_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes = []

    def load(self: ssl.SSLContext, file: Path) -> None:
        modes.append((stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)))
        load_it(self, file)

    load_it = ssl.SSLContext.load_cert_chain
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load)
    serve.certificate("127.0.0.5")
    assert modes == [(0o600, 0o700)] and not list(tmp_path.iterdir())


def test_a_taken_port_is_said_with_its_cure(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind((serve.LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        words = ["scene", "serve", "home", "--rx=-1", "--correct", "single", "--port", str(port), "--json"]
        assert main(words) == 2
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert error["what"] == "the port is taken" and "--port 8791" in error["cure"]
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["serve", "cellar", "--rx=-1"], "unknown place"),
        (["serve", "home", "--rx=-1", "--port", "99999"], "impossible port"),
        (["serve", "home", "--rx=-1", "--out", "x.html"], "serve only serves"),
        (["home", "--rx=-1", "--lan"], "an option of serve alone"),
        (["show", "home", "--rx=-1"], "the command line is wrong"),
    ],
)
def test_bad_input_is_one_clear_error(words: list[str], what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scene", *words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["what"] == what


def test_no_network_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoNet:
        def __init__(self, *kind: int) -> None: ...
        def __enter__(self) -> "NoNet":
            return self

        def __exit__(self, *error: object) -> None: ...
        def connect(self, address: tuple[str, int]) -> None:
            raise OSError("unreachable")

    monkeypatch.setattr(socket, "socket", NoNet)
    with pytest.raises(InputError, match="in no network"):
        serve.lan_address()


def test_what_to_do_in_the_headset_is_printed(monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    pytest.importorskip("segno")
    monkeypatch.setattr(serve, "lan_address", lambda: "127.0.0.5")

    def stop(self: serve.PageServer, poll_interval: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(serve.PageServer, "serve_forever", stop)
    answer = serve.serve(lambda: (PAGE, POLICY), 0, lan=True)
    said = capsys.readouterr().err
    assert answer["address"] in said and "Advanced" in said and "Enter VR" in said and "stopped" in said
    assert serve.qr_code(answer["address"]).strip() in said


RUN = """
import sys
from scenes import serve
serve.serve(lambda: (b"<title>x</title>", "default-src 'none'"), 0)
print("left")
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_it() -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, cwd=Path(__file__).parents[2]) as one:  # fmt: skip
        assert one.stderr is not None
        assert one.stderr.readline() == "making the page ...\n"
        assert one.stderr.readline().startswith("serving http://localhost:")
        one.send_signal(signal.SIGINT)
        out, err = one.communicate(timeout=60)
    assert one.returncode == 0 and out == "left\n" and err == "stopped\n"
