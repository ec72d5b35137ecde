"""The house keeps its order: one-way imports, heavy imports at home, small files and functions."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("twin_engine", "vision_lib", "avatars", "trials", "scenes")
BELOW = {
    "twin_engine": set(),
    "vision_lib": {"twin_engine"},
    "avatars": {"twin_engine", "vision_lib"},
    "trials": {"twin_engine", "vision_lib", "avatars"},
    "scenes": {"twin_engine", "vision_lib", "avatars"},
}
# Import cost: these stay inside functions, or in modules that only such functions import.
LAZY = {"sklearn", "matplotlib", "pandas", "statsmodels", "lifelines", "vtk", "vtkmodules", "pyvista"}
MAX_FILE, MAX_FUNCTION = 400, 60
# Lockstep kernels are one loop over lanes; split in helpers they no longer vectorise.
LONG_FUNCTIONS: dict[str, str] = {}


def sources() -> list[Path]:
    return [f for room in ROOMS for f in sorted((ROOT / room).rglob("*.py"))]


def imported(tree: ast.AST) -> Iterator[tuple[str, int, bool]]:
    """(top-level module, line, inside a function) of every import."""
    inside = {
        id(n)
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)
        for n in ast.walk(f)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name.split(".")[0], node.lineno, id(node) in inside
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0], node.lineno, id(node) in inside


@pytest.mark.parametrize("file", sources(), ids=lambda f: str(f.relative_to(ROOT)))
def test_file_keeps_the_order(file: Path) -> None:
    room = file.relative_to(ROOT).parts[0]
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    faults = []
    for module, line, inside in imported(tree):
        if module in ROOMS and module != room and module not in BELOW[room]:
            faults.append(f"line {line}: {room} must not import {module}")
        if module == "panda3d" and room != "scenes":
            faults.append(f"line {line}: panda3d lives in scenes only")
        if module in LAZY and not inside:
            faults.append(f"line {line}: import {module} inside the function that needs it")
    count = text.count("\n")
    if count > MAX_FILE:
        faults.append(f"{count} lines (at most {MAX_FILE})")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            name = f"{file.relative_to(ROOT)}:{node.name}"
            if length > MAX_FUNCTION and name not in LONG_FUNCTIONS:
                faults.append(f"{name} has {length} lines (at most {MAX_FUNCTION})")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("room", ROOMS)
def test_a_package_imports_without_heavy_company(room: str) -> None:
    heavy = sorted(LAZY | {"numba", "panda3d", "scipy", "mujoco", "duckdb"})
    code = f"import sys, {room}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
                          check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from twin_engine.cli import main; code = main(['--help']);"
        "print([m for m in ('numpy','numba','scipy','rich','pydantic','yaml') if m in sys.modules]);"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
                          check=True)  # fmt: skip
    assert done.stdout.strip().endswith("[]")
