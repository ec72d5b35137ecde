"""Accounts, second factor, sessions, throttling and the audit log of the portal.

After OWASP ASVS 5.0 level 2: passwords with argon2id (6.x), a time-based code as second factor
(6.3.3, RFC 6238), server-side sessions of 256 bits of which only the hash is kept (7.x), a log whose
rows are chained by a keyed hash (16.4).
"""

import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin_engine.errors import InputError
from twin_engine.files import write_text

ROLES = ("viewer", "researcher", "steward")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
IDLE_S, LONGEST_S = 15 * 60, 8 * 3600
FAILURES, LOCK_S = 5, 15 * 60
TOKEN_BYTES = 32
# A small guard beside the length: the start of every list of leaked passwords.
COMMON = ("password", "123456789012", "qwertyuiop", "letmein", "iloveyou", "administrator", "welcome")


@dataclass
class User:
    """An account: name, role, password hash, secret of the second factor."""

    name: str
    role: str
    password: str
    secret: str
    last_step: int = 0


class Accounts:
    """The accounts, in a file that its owner alone can read. There is no default account."""

    def __init__(self, path: Path) -> None:
        from argon2 import PasswordHasher

        self.path, self._hasher = path, PasswordHasher()
        self._lock = threading.Lock()
        # Verified when a name is unknown, so that names cannot be told apart by time.
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))

    def add(self, name: str, role: str, password: str) -> User:
        """Make an account.

        Raises
        ------
        InputError
            A name that exists or is no name, an unknown role, a weak password.
        """
        import pyotp

        if not name.isascii() or not name.replace("-", "").isalnum() or not 1 <= len(name) <= 40:
            raise InputError("not a name for an account", "NAME", name, "letters, digits and hyphens", "choose another")
        if role not in ROLES:
            raise InputError("unknown role", "--role", role, ", ".join(ROLES), "choose one of these")
        check_password(name, password)
        with self._lock:
            users = self._read()
            if name in users:
                raise InputError("the account exists", "NAME", name, "a new name", "choose another")
            users[name] = User(name, role, self._hasher.hash(password), pyotp.random_base32())
            self._write(users)
            return users[name]

    def check(self, name: str, password: str, code: str, now: float) -> User | None:
        """The account, if name, password and code are right; each code works once."""
        import pyotp
        from argon2.exceptions import InvalidHashError, VerifyMismatchError

        user = self._read().get(name)
        try:
            self._hasher.verify(user.password if user else self._decoy, password[:LONGEST_PASSWORD])
        except (VerifyMismatchError, InvalidHashError):
            return None
        if user is None:
            return None
        step = int(now) // 30
        for candidate in (step, step - 1):
            right = pyotp.TOTP(user.secret).at(candidate * 30)
            if candidate > user.last_step and secrets.compare_digest(right.encode(), code.strip().encode()):
                with self._lock:
                    users = self._read()
                    if users[name].last_step >= candidate:
                        return None
                    users[name].last_step = candidate
                    self._write(users)
                return user
        return None

    def names(self) -> list[tuple[str, str]]:
        """(name, role) of every account."""
        return [(u.name, u.role) for u in self._read().values()]

    def _read(self) -> dict[str, User]:
        if not self.path.is_file():
            return {}
        return {row["name"]: User(**row) for row in json.loads(self.path.read_text(encoding="utf-8"))}

    def _write(self, users: dict[str, User]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(self.path.parent, 0o700)
        write_text(self.path, json.dumps([vars(u) for u in users.values()], indent=1))
        os.chmod(self.path, 0o600)


def check_password(name: str, password: str) -> None:
    """Length 12 to 128, not the name, not among the commonest; nothing else is asked (ASVS 6.2).

    Raises
    ------
    InputError
    """
    low = password.lower()
    weak = name.lower() in low or any(c in low for c in COMMON) or len(set(password)) < 5
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or weak:
        raise InputError("the password is too weak", "password", None,
                         f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, without the name, not a common one",
                         "a few random words are good")  # fmt: skip


def provisioning(user: User) -> str:
    """The address an authenticator app reads."""
    import pyotp

    return pyotp.TOTP(user.secret).provisioning_uri(name=user.name, issuer_name="twin")


@dataclass
class Session:
    """A logged-in person: role, CSRF secret, language, times."""

    name: str
    role: str
    csrf: str
    lang: str
    created: float
    seen: float


class Sessions:
    """Sessions by the hash of their token; they end when idle, when old, and on log-out."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._all = clock, dict[str, Session]()
        self._lock = threading.Lock()

    def begin(self, user: User, lang: str) -> str:
        """A new session; returns its token, which is nowhere kept."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock()
        with self._lock:
            self._all[_hash(token)] = Session(user.name, user.role, secrets.token_urlsafe(TOKEN_BYTES), lang, now, now)
        return token

    def find(self, token: str | None) -> Session | None:
        """The session of a token, if it still lives; finding it counts as use."""
        if not token:
            return None
        now = self._clock()
        with self._lock:
            session = self._all.get(_hash(token))
            if session is None:
                return None
            if now - session.seen > IDLE_S or now - session.created > LONGEST_S:
                del self._all[_hash(token)]
                return None
            session.seen = now
            return session

    def end(self, token: str | None) -> None:
        """End one session."""
        with self._lock:
            self._all.pop(_hash(token or ""), None)

    def end_all(self, name: str) -> int:
        """End every session of an account."""
        with self._lock:
            ended = [k for k, s in self._all.items() if s.name == name]
            for k in ended:
                del self._all[k]
            return len(ended)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass
class Throttle:
    """Five failures lock a name for a quarter of an hour; whether it exists makes no difference."""

    clock: Callable[[], float] = time.time
    failures: dict[str, list[float]] = field(default_factory=dict)

    def locked(self, name: str) -> bool:
        """Whether a name may not try now."""
        recent = [t for t in self.failures.get(name, []) if self.clock() - t < LOCK_S]
        self.failures[name] = recent
        if len(self.failures) > 10_000:  # a flood of made-up names must not fill the memory
            self.failures = {n: t for n, t in self.failures.items() if t}
        return len(recent) >= FAILURES

    def failed(self, name: str) -> None:
        """One more failure."""
        self.failures.setdefault(name, []).append(self.clock())

    def succeeded(self, name: str) -> None:
        """Forget the failures."""
        self.failures.pop(name, None)


class AuditLog:
    """Who did what when: one JSON row a line, each chained to the one before by a keyed hash.

    JSON escapes line breaks, so no input can forge a row. An edited, removed, reordered or cut-off
    row breaks the chain.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path, self._key = path, key
        self._lock = threading.Lock()

    def write(self, who: str, what: str, target: str = "", outcome: str = "done") -> None:
        """One more row."""
        with self._lock:
            rows = self.rows()
            row: dict[str, Any] = {
                "n": len(rows) + 1, "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "who": who[:40], "what": what, "target": target[:80], "outcome": outcome,
            }  # fmt: skip
            row["mark"] = self._mark(row, rows[-1]["mark"] if rows else "")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.chmod(self.path, 0o600)
            write_text(self._head, json.dumps({"n": row["n"], "mark": row["mark"]}))

    def rows(self) -> list[dict[str, Any]]:
        """All rows, oldest first."""
        if not self.path.is_file():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def verify(self) -> int | None:
        """The number of the first row that was tampered with; None when the log is whole."""
        before, count = "", 0
        try:
            rows = self.rows()
        except ValueError:
            return 0
        for count, row in enumerate(rows, start=1):
            mark = row.pop("mark", "")
            if row.get("n") != count or not hmac.compare_digest(mark, self._mark(row, before)):
                return count
            before = mark
        head = json.loads(self._head.read_text()) if self._head.is_file() else {"n": 0, "mark": ""}
        return None if head == {"n": count, "mark": before} else count + 1

    @property
    def _head(self) -> Path:
        return self.path.with_suffix(".head")

    def _mark(self, row: dict[str, Any], before: str) -> str:
        text = before + json.dumps(row, sort_keys=True)
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def audit_key(folder: Path) -> bytes:
    """The log's key, made on first use, readable by its owner alone."""
    path = folder / "audit.key"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
