"""k-anonymity, differential privacy with a budget, pseudonyms, Safe Harbor, sealed exports."""

import datetime as dt
import fcntl
import hashlib
import hmac
import json
import math
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.files import replacing, write_text

MAGIC = b"TWINSEAL1"
NONCE_BYTES, KEY_BYTES = 12, 32
# HIPAA Safe Harbor, 45 CFR 164.514(b)(2): ages over 89 in one group; ZIP3 areas of 20,000 or fewer.
OLDEST_AGE, SMALL_AREA = 89, 20_000


@dataclass(frozen=True)
class Anonymity:
    """k: size of the smallest group; how many groups; how many groups and persons below 5."""

    k: int
    groups: int
    small_groups: int
    persons_in_small_groups: int


def k_anonymity(columns: Sequence[np.ndarray], small: int = 5) -> Anonymity:
    """Groups of persons who share all quasi-identifiers (Samarati & Sweeney 1998)."""
    sizes = Counter(zip(*(c.tolist() for c in columns), strict=True)).values()
    few = [s for s in sizes if s < small]
    return Anonymity(min(sizes), len(sizes), len(few), sum(few))


# ---- differential privacy --------------------------------------------------------------------


def _bernoulli_exp(gamma: Fraction) -> bool:
    """True with probability exp(-gamma), exactly (Canonne, Kamath & Steinke 2020, Algorithm 1)."""
    while gamma > 1:
        if not _bernoulli_exp(Fraction(1)):
            return False
        gamma -= 1
    k = 1
    while secrets.randbelow(gamma.denominator * k) < gamma.numerator:
        k += 1
    return k % 2 == 1


def discrete_laplace(epsilon: Fraction, sensitivity: int = 1) -> int:
    """Noise z with probability proportional to exp(-epsilon |z| / sensitivity), in whole numbers.

    No floating point: its rounding has betrayed the secret (Mironov 2012). Canonne, Kamath & Steinke
    2020 (arXiv:2004.00010), Algorithm 2.
    """
    t, s = (Fraction(sensitivity) / epsilon).as_integer_ratio()
    while True:
        u = secrets.randbelow(t)
        if not _bernoulli_exp(Fraction(u, t)):
            continue
        v = 0
        while _bernoulli_exp(Fraction(1)):
            v += 1
        magnitude = (u + t * v) // s
        negative = bool(secrets.randbits(1))
        if not (negative and magnitude == 0):
            return -magnitude if negative else magnitude


def tail(epsilon: float, k: int, sensitivity: int = 1) -> float:
    """P(|noise| >= k) = 2 a^k / (1 + a), a = exp(-epsilon / sensitivity), k >= 1."""
    a = math.exp(-epsilon / sensitivity)
    return 2 * a**k / (1 + a)


def zcdp_epsilon(rho: float, delta: float) -> float:
    """epsilon of rho-zCDP at delta: rho + 2 sqrt(rho ln(1/delta)) (Bun & Steinke 2016, Prop. 1.3)."""
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))


class Budget:
    """A ledger of differential privacy: charged before an answer is given; an answer is given once.

    Pure epsilon adds up (Dwork et al. 2006). The same question gets the same answer at no cost, so
    that asking again never averages the noise away.
    """

    def __init__(self, path: Path, total: Fraction) -> None:
        self.path, self.total = path, total

    def remaining(self) -> Fraction:
        """What may still be spent."""
        return self.total - self._spent(self._read())

    def count(self, question: str, value: int, epsilon: Fraction, sensitivity: int = 1) -> int:
        """A noisy count.

        Parameters
        ----------
        question : str
            What is asked, in a fixed form.
        value : int
            The true count; one person changes it by at most `sensitivity` (bound rows first).

        Raises
        ------
        InputError
            The budget does not suffice; nothing is charged.
        """
        with self._locked():
            rows = self._read()
            for row in rows:
                if row["question"] == question and row["answer"] is not None:
                    return int(row["answer"])
            if epsilon <= 0 or self._spent(rows) + epsilon > self.total:
                raise InputError("the privacy budget does not suffice", "epsilon", str(epsilon),
                                 f"at most {self.total - self._spent(rows)}", "ask fewer questions")  # fmt: skip
            rows.append({"question": question, "epsilon": str(epsilon), "answer": None})
            self._write(rows)
            rows[-1]["answer"] = value + discrete_laplace(epsilon, sensitivity)
            self._write(rows)
            return int(rows[-1]["answer"])

    @staticmethod
    def _spent(rows: list[dict[str, Any]]) -> Fraction:
        return sum((Fraction(r["epsilon"]) for r in rows), Fraction(0))

    def _read(self) -> list[dict[str, Any]]:
        if not self.path.is_file():
            return []
        rows: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))
        return rows

    def _write(self, rows: list[dict[str, Any]]) -> None:
        write_text(self.path, json.dumps(rows, indent=1))

    @contextmanager
    def _locked(self) -> Any:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


# ---- identifiers -----------------------------------------------------------------------------


def new_key() -> bytes:
    """A secret key of 256 bits."""
    return secrets.token_bytes(KEY_BYTES)


def pseudonym(key: bytes, project: str, identifier: str) -> str:
    """A person's name in one project: HMAC-SHA-256, 128 bits, another one in every project.

    A plain hash of an identifier is still an identifier (Korean guideline on pseudonymised health
    data 2020, revised 2024); the key is kept apart from the data.
    """
    if len(key) < KEY_BYTES:
        raise InputError("the key is too short", "key", len(key), f"{KEY_BYTES} bytes", "make one with new_key()")
    text = f"{len(project)}:{project}:{identifier}".encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:32]


def year_only(day: dt.date) -> int:
    """Safe Harbor: of a date only the year."""
    return day.year


def age_group(age: float) -> str:
    """Safe Harbor: ages over 89 are one group."""
    return "90+" if age > OLDEST_AGE else str(int(age))


def zip3(code: str, inhabitants: Mapping[str, int]) -> str:
    """Safe Harbor: the first three digits, or 000 where 20,000 or fewer live or nobody counted."""
    area = code[:3]
    return area if inhabitants.get(area, 0) > SMALL_AREA else "000"


# ---- sealed exports --------------------------------------------------------------------------


def seal(content: bytes, key: bytes, project: str, target: Path) -> Path:
    """Encrypt an export with AES-256-GCM; the project's name is authenticated with it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    _check_key(key)
    nonce = secrets.token_bytes(NONCE_BYTES)
    name = project.encode()
    head = MAGIC + len(name).to_bytes(2) + name
    with replacing(target) as temporary:
        temporary.write_bytes(head + nonce + AESGCM(key).encrypt(nonce, content, head))
    return target


def unseal(source: Path, key: bytes) -> tuple[str, bytes]:
    """Open an export: its project and content.

    Raises
    ------
    InputError
        Not an export, changed since it was sealed, or another key.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    _check_key(key)
    data = source.read_bytes()
    size = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 2]) if data.startswith(MAGIC) else -1
    start = len(MAGIC) + 2 + size
    if size < 0 or len(data) < start + NONCE_BYTES + 16:
        raise InputError(
            "not a sealed export", str(source), None, "a file made by twin records release", "check the file"
        )
    head, nonce = data[:start], data[start : start + NONCE_BYTES]
    try:
        content = AESGCM(key).decrypt(nonce, data[start + NONCE_BYTES :], head)
    except InvalidTag:
        raise InputError("the export was changed, or the key is another", str(source), None,
                         "the file as it was sealed, and its key", "ask for the file again") from None  # fmt: skip
    return head[len(MAGIC) + 2 :].decode(), content


def _check_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise InputError("the key has another length", "key", len(key), f"{KEY_BYTES} bytes", "check the key file")
