"""One page on one path: on this machine alone, or, when asked, on the local network by https.

A browser offers WebXR only in a secure context: localhost, or https. On the network the server therefore makes
its own certificate, which names the address that is shown; the browser warns once, because nobody else vouches
for it. The key lies in a private folder only while the server reads it.
"""

import errno
import os
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any

from twin_engine.errors import InputError
from twin_engine.text import tr

PORT = 8790
LOOPBACK = "127.0.0.1"
# Long enough for a lesson or a clinic day and the next; a stolen copy is soon worth nothing.
VALID = timedelta(days=2)
WAIT_S = 20.0
TLS_HANDSHAKE = b"\x16"  # first byte of every TLS connection (RFC 8446, 5.1)


class Handler(BaseHTTPRequestHandler):
    """Answers `/` with the page and everything else with 404."""

    server: "PageServer"
    timeout = WAIT_S
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page, or 404."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """The headers of `do_GET`."""
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        # The name asked for must be ours: no other site's name may lead a browser to this page (DNS rebinding).
        if self.path != "/" or self.headers.get("Host", "") not in self.server.names:
            self._send(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"", body)
            return
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page, body)
        self.server.sent += body

    def _send(self, status: HTTPStatus, kind: str, content: bytes, body: bool) -> None:
        self.send_response(status)
        for name, value in headers(self.server.policy).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def version_string(self) -> str:
        """Name of the server, without versions."""
        return "twin"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who looked is nobody's business."""


class Redirect(Handler):
    """Sends a browser that came by http to https."""

    def _answer(self, body: bool) -> None:
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", self.server.address)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True


class PageServer(ThreadingTCPServer):
    """Serves one page.

    Parameters
    ----------
    host : str
        Address to listen at, and nowhere else.
    port : int
        Port; 0 takes a free one.
    context : ssl.SSLContext, optional
        With it the page is sent by https alone.

    Raises
    ------
    InputError
        The port is taken, out of range, or reserved by the system.
    """

    daemon_threads = True
    # Elsewhere it lets a port be taken over while another program listens.
    allow_reuse_address = os.name == "posix"

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None = None) -> None:
        if not 0 <= port <= 65535:
            raise InputError("impossible port", "--port", port, "0 to 65535", "leave --port out")
        self.page, self.policy, self.sent, self.context = b"", "", 0, context
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            raise _no_port(port, error) from None
        self.port = int(self.server_address[1])
        self.names = {f"{name}:{self.port}" for name in ({host} if context else {"localhost", LOOPBACK})}

    @property
    def address(self) -> str:
        """What to type into the browser."""
        host = str(self.server_address[0])
        return f"https://{host}:{self.port}/" if self.context else f"http://localhost:{self.port}/"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: unwrap TLS, then answer."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(WAIT_S)
        if request.recv(1, socket.MSG_PEEK) != TLS_HANDSHAKE:
            Redirect(request, client_address, self)
            return
        with self.context.wrap_socket(request, server_side=True) as secure:
            Handler(secure, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up, or refuses the certificate, is not worth a word."""


def headers(policy: str) -> dict[str, str]:
    """Headers of every answer."""
    return {
        "Content-Security-Policy": f"{policy.rstrip('; ')}; frame-ancestors 'none'".lstrip("; "),
        "Permissions-Policy": "xr-spatial-tracking=(self)",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def _no_port(port: int, error: OSError) -> InputError:
    if error.errno == errno.EADDRINUSE:
        return InputError("the port is taken", "--port", port, "a port that no program listens at",
                          "choose another, for example: --port 8791; or --port 0 for any free one")  # fmt: skip
    if error.errno == errno.EACCES:
        return InputError("the system reserves this port", "--port", port, "1024 or more", "leave --port out")
    return InputError("cannot listen there", "--port", port, str(error), "check the network, or leave --lan out")


def lan_address() -> str:
    """This machine's address in the local network; nothing is sent.

    Raises
    ------
    InputError
        No network.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737); it only picks the interface
            found = str(probe.getsockname()[0])
        except OSError:
            found = LOOPBACK
    if ip_address(found).is_loopback:
        raise InputError("this machine is in no network", "--lan", None, "a network that the headset is in too",
                         "connect both to one Wi-Fi; or leave --lan out and use a cable (docs/headset.md)")  # fmt: skip
    return found


def certificate(address: str) -> tuple[ssl.SSLContext, str]:
    """A new key and a certificate that names the address.

    Returns
    -------
    (ssl.SSLContext, str)
        Ready to serve, and the certificate's SHA-256 in hexadecimal.

    Raises
    ------
    InputError
        The package cryptography is missing.
    """
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise _missing("cryptography") from None
    key = ec.generate_private_key(ec.SECP256R1())
    made = _signed(key, address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        private = Path(folder) / "key.pem"
        with open(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
            out.write(made.public_bytes(form.Encoding.PEM))
        context.load_cert_chain(private)
    return context, made.fingerprint(hashes.SHA256()).hex()


def _signed(key: Any, address: str) -> Any:
    """A self-signed certificate for a server at this address (RFC 5280)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"twin {address}")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of headsets run late.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _missing(package: str) -> InputError:
    return InputError("a package is missing", "--lan", package, "the packages of the extra view",
                      "install them: pip install medtwin[view]")  # fmt: skip


def qr_code(address: str) -> str:
    """The address as a QR code for a terminal."""
    import io

    try:
        import segno
    except ImportError:
        raise _missing("segno") from None
    out = io.StringIO()
    segno.make_qr(address).terminal(out=out, compact=True)
    return out.getvalue()


def steps(address: str, fingerprint: str) -> list[str]:
    """What to do in the headset."""
    return [
        tr("In the headset, in the same Wi-Fi:"),
        "1. " + tr("Open its browser and type {address}, or look at the QR code with a phone.", address=address),
        "2. " + tr("The browser warns, because this computer signed its own certificate: "
                   "press Advanced, then Proceed."),
        "3. " + tr("Press Enter VR."),
        tr("The certificate's SHA-256 begins with {start}.", start=":".join(fingerprint.upper()[i : i + 2]
                                                                           for i in range(0, 16, 2))),
        tr("Everybody in this network can open the page while it is served."),
    ]  # fmt: skip


def serve(build: Callable[[], tuple[bytes, str]], port: int = PORT, lan: bool = False) -> dict[str, Any]:
    """Build a page and serve it until Ctrl-C.

    Parameters
    ----------
    build : callable
        Gives the page and its content security policy; called once the port is ours.
    port : int
        Port; 0 takes a free one.
    lan : bool
        Serve the local network by https instead of this machine.

    Returns
    -------
    dict
        `address`, `lan`, `certificate_sha256` and `pages_sent`.

    Raises
    ------
    InputError
        See `PageServer`, `certificate` and `lan_address`.
    """
    host = lan_address() if lan else LOOPBACK
    context, fingerprint = certificate(host) if lan else (None, None)
    with PageServer(host, port, context) as server:
        help_ = [qr_code(server.address), *steps(server.address, fingerprint)] if fingerprint else []
        try:
            _say(tr("making the page ..."))
            server.page, server.policy = build()
            for line in [tr("serving {address} (end with Ctrl-C)", address=server.address), *help_]:
                _say(line)
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            _say(tr("stopped"))
        return {"address": server.address, "lan": lan, "certificate_sha256": fingerprint, "pages_sent": server.sent}


def _say(line: str) -> None:
    """A line on stderr; what its encoding lacks is left out."""
    coding = sys.stderr.encoding or "utf-8"
    print(line.encode(coding, "replace").decode(coding), file=sys.stderr, flush=True)
