"""Check what this machine has, and say how to get what is missing."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr

Check = tuple[bool, str, str]  # ok, what was found, cure
_OPENXR = ("/etc/xdg/openxr/1/active_runtime.json", "/etc/openxr/1/active_runtime.json",
           "/usr/share/openxr/1/active_runtime.json")  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""
    add_flags(parser)


def run(args: argparse.Namespace) -> Answer:
    """Every check; a missing optional part is no error."""
    checks: dict[str, Callable[[], Check]] = {
        "python": _python, "packages": _packages, "shadowing": _shadowing, "memory": _memory,
        "cores": _cores, "cache": _cache, "gl": _gl, "openxr": _openxr, "gpu": _gpu,
        "postgresql": _postgresql, "browser": _browser,
    }  # fmt: skip
    rows = []
    for name, check in checks.items():
        ok, found, cure = check()
        rows.append({"name": name, "ok": ok, "found": found, "cure": "" if ok else tr(cure)})
    return Answer({"checks": rows})


def _python() -> Check:
    return sys.version_info >= (3, 11), sys.version.split()[0], "install Python 3.11 or newer"


def _packages() -> Check:
    from importlib.util import find_spec

    extras = {"view": "vtk", "headset": "xr", "motion": "mujoco", "records": "duckdb",
              "imaging": "SimpleITK", "cluster": "distributed"}  # fmt: skip
    there = [e for e, module in extras.items() if find_spec(module) is not None]
    missing = [e for e in extras if e not in there]
    cure = "install what you need of: view, headset, motion, records, imaging, cluster"
    return not missing, ", ".join(there) or "-", cure


def _shadowing() -> Check:
    import importlib.util

    from twin_engine.cli import ROOMS

    house = Path(__file__).resolve().parents[2]
    strange = []
    for room in ROOMS:
        spec = importlib.util.find_spec(room)
        if spec is None or not spec.origin or Path(spec.origin).resolve().parents[1] != house:
            strange.append(room)
    cure = "use an environment of its own: python3 -m venv .venv"
    return not strange, ", ".join(strange) or str(house), cure


def _memory() -> Check:
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return gib >= 3.5, f"{gib:.1f} GiB", "use smaller cohorts: 4 GiB carry 100,000 avatars"


def _cores() -> Check:
    from twin_engine.machine import cpu_name

    return True, f"{os.cpu_count()} x {cpu_name()}", ""


def _cache() -> Check:
    from twin_engine.errors import InputError

    try:
        from twin_engine.cache import cache_folder

        return True, str(cache_folder()), ""
    except InputError as error:
        return False, str(error.value), error.cure


def _gl() -> Check:
    import ctypes.util

    there = [n for n in ("GL", "EGL", "OSMesa") if ctypes.util.find_library(n)]
    return ("EGL" in there, ", ".join(there) or "-",
            "apt-get install libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri")  # fmt: skip


def _openxr() -> Check:
    named = [os.environ["XR_RUNTIME_JSON"]] if os.environ.get("XR_RUNTIME_JSON") else []
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    files = [*named, f"{home}/openxr/1/active_runtime.json", *_OPENXR]
    found = next((f for f in files if Path(f).is_file()), "")
    return bool(found), found or "-", "install an OpenXR runtime: Monado or SteamVR"


def _gpu() -> Check:
    cards = sorted(Path("/dev/dri").glob("render*")) if Path("/dev/dri").is_dir() else []
    nvidia = [str(p) for p in (Path("/dev/nvidia0"),) if p.exists()]
    found = [*map(str, cards), *nvidia]
    return bool(found), ", ".join(found) or "-", "not needed: pictures are drawn in software, slower"


def _postgresql() -> Check:
    tool = shutil.which("psql") or shutil.which("pg_ctl")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    found = tool or (str(versions[-1]) if versions else "")
    return bool(found), found or "-", "only for a shared warehouse: apt-get install postgresql"


def _browser() -> Check:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for n in names if (path := shutil.which(n))), "")
    return bool(found), found or "-", "only for the tests of web pages: apt-get install chromium"
