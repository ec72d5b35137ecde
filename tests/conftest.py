"""Fixtures that every room's tests share."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test data beside the checkout; the test is skipped where it is not."""
    folder = Path(os.environ.get("TWIN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"test data missing: {folder} (set TWIN_SHARED_DATA)")
    return folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow checks run when asked for, by TWIN_SLOW=1 or `-m slow`."""
    if os.environ.get("TWIN_SLOW") or "slow" in (config.getoption("-m") or ""):
        return
    skip = pytest.mark.skip(reason="slow: run with TWIN_SLOW=1")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def dom(tmp_path: Path) -> Callable[[Path], str]:
    """Loads a page in headless Chromium and gives its document after its scripts have run."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")

    def load(page: Path) -> str:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 f"--user-data-dir={tmp_path / 'chromium'}", "--virtual-time-budget=2000", "--dump-dom"]  # fmt: skip
        done = subprocess.run([chromium, *flags, page.as_uri()], capture_output=True, text=True, timeout=120)
        return done.stdout

    return load


@pytest.fixture
def opened() -> Iterator[Callable[..., Any]]:
    """Opens a page in headless Chromium to be driven; it keeps its requests and its faults."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])

        def show(file: Path, width: int = 1280, height: int = 900, scheme: str = "light") -> Any:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.requests, page.faults = [], []
            page.on("request", lambda r: page.requests.append(r.url))
            page.on("pageerror", lambda e: page.faults.append(str(e)))
            page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
            page.goto(file.as_uri())
            return page

        yield show
        browser.close()
