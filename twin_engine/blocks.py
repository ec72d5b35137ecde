"""The author's functions -> compiled blocks of lanes behind one signature, cached on disk.

A block takes five pointers (t, y, p, u, out) and serves LANES persons at once; row i of lane l lies
at `i * LANES + l`. All blocks have the type `BLOCK`, so that a solver is compiled once for all
models. `tick` and `scalar` blocks serve one person (stride 1).

The generated file's name is a digest of everything it depends on: the text of every file that the
author's functions reach, the constants they read, and the engine's own maths. An edited helper is
thus another file. Files are written under a temporary name and moved, so that two processes may
start together.
"""

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable

from twin_engine import maths, vector_maths
from twin_engine.cache import cache_folder
from twin_engine.model import Model

LANES = 32
_POINTER = types.CPointer(types.float64)
BLOCK = types.void(_POINTER, _POINTER, _POINTER, _POINTER, _POINTER)
# Re-association is harmless in a right-hand side; NaN must survive, so no nnan and no ninf.
AUTHOR: dict[str, Any] = {
    "fastmath": {"arcp", "contract", "nsz", "reassoc"},
    "error_model": "numpy",
    "forceinline": True,
}
FUNCTIONS = ("initial", "rest", "rhs", "outputs", "guard", "jump", "tick", "jac")


@dataclass(frozen=True, eq=False)
class Blocks:
    """Addresses of the compiled blocks of one model; 0 where it has no such function."""

    initial: int
    outputs: int
    rest: int = 0
    rhs: int = 0
    guard: int = 0
    jump: int = 0
    tick: int = 0


@cache
def blocks(model: Model) -> Blocks:
    """Compile, or load from the cache, all blocks of a model except its Jacobian."""
    made = build(model, "blocks", _source(model))
    names = [name for name in Blocks.__dataclass_fields__ if hasattr(made, name)]
    return Blocks(**{name: address(getattr(made, name)) for name in names})


def address(block: Any) -> int:
    """Where a compiled block lies; passing it by number saves the slow unboxing of a dispatcher."""
    compiled = block.overloads[BLOCK.args]
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name)


@intrinsic
def block_at(typingctx: Any, where: Any) -> Any:
    """The block at an address, as a first-class function of the type BLOCK."""
    made = types.FunctionType(BLOCK)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = cgutils.create_struct_proxy(made)(context, builder)
        function.c_addr = builder.inttoptr(args[0], function.c_addr.type)
        function.py_addr = ir.Constant(function.py_addr.type, None)
        function.jit_addr = ir.Constant(function.jit_addr.type, None)
        return function._getvalue()

    return made(types.int64), code


def build(model: Model, kind: str, source: str) -> ModuleType:
    """Write (once) and import one generated file of a model."""
    functions = [f for name in FUNCTIONS if (f := model.get(name)) is not None]
    reached = _reach(functions)
    for function in reached:
        if function not in functions and not _known(function):
            register_jitable(**AUTHOR)(function)
            _registered.append(function)
    file = cache_folder() / f"{model.name}_{kind}_{_digest(model, reached, source)}.py"
    if not file.exists():
        _write(file, source)
    spec = importlib.util.spec_from_file_location(f"twin_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    made.MODEL = model.module  # type: ignore[attr-defined]
    sys.modules[spec.name] = made  # numba's cache looks the module up by name
    spec.loader.exec_module(made)
    return made


_registered: list[Callable] = []


def _known(function: Callable) -> bool:
    return function.__module__ == maths.__name__ or function in _registered


def _write(file: Path, source: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(source)
    os.replace(temporary, file)


def _reach(functions: list[FunctionType]) -> list[FunctionType]:
    """Every plain function that the given ones call, directly or not, in a stable order."""
    found: list[FunctionType] = []
    waiting = list(functions)
    while waiting:
        function = waiting.pop(0)
        if function in found:
            continue
        found.append(function)
        waiting += [v for _, v in _read(function) if isinstance(v, FunctionType)]
    return found


def _read(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The global values a function reads, by name; those of modules by their attribute."""
    words = sorted(set(_words(function.__code__)))
    for word in words:
        value = function.__globals__.get(word)
        if isinstance(value, ModuleType):
            yield from ((f"{word}.{w}", getattr(value, w)) for w in words if hasattr(value, w))
        elif value is not None:
            yield word, value
    for word, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield word, cell.cell_contents


def _words(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words(constant)


def _digest(model: Model, reached: list[FunctionType], source: str) -> str:
    ours = {maths.__file__, vector_maths.__file__}
    files = {f.__code__.co_filename for f in reached} | {str(f) for f in ours}
    if model.module.__file__:
        files.add(model.module.__file__)
    digest = hashlib.blake2b(source.encode(), digest_size=10)
    for file in sorted(files):
        digest.update(Path(file).read_bytes())
    for function in reached:
        # Compiled code imports its functions' modules by name when it is loaded: a copy of a model
        # in another folder is another module.
        digest.update(f"{function.__module__}.{function.__qualname__}".encode())
        for word, value in _read(function):
            if isinstance(value, int | float | str | tuple) or hasattr(value, "dtype"):
                text = value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()
                digest.update(word.encode() + text)
    digest.update(f"{sys.version_info[:2]}".encode())
    return digest.hexdigest()


_HEAD = """\
# Generated by twin_engine.blocks; never edited.
from numba import carray, njit

from twin_engine.blocks import AUTHOR, BLOCK

OUTER = {k: v for k, v in AUTHOR.items() if k != "forceinline"}
State, Param, Input, Output = MODEL.State, MODEL.Param, MODEL.Input, MODEL.Output
"""

# What each function is called with, and what its result's fields are; "" is a single number.
_CALLS = {
    "initial": ("p", "State"),
    "rest": ("p", "Input"),
    "rhs": ("t[l], y, p, u", "State"),
    "outputs": ("t[l], y, p, u", "Output"),
    "guard": ("t[l], y, p, u", ""),
    "jump": ("t[l], y, p, u", "State"),
}


def _source(model: Model) -> str:
    parts = [_HEAD]
    for name, (arguments, result) in _CALLS.items():
        if model.get(name) is not None:
            parts.append(_lane_block(model, name, arguments, result))
    if model.get("tick") is not None:
        parts.append(_tick_block(model))
    return "\n".join(parts)


def _lane_block(model: Model, name: str, arguments: str, result: str) -> str:
    fields = getattr(model.module, result)._fields if result else ("",)
    used = [v for v in ("y", "p", "u") if v in arguments.replace(",", "").split()]
    lines = [f"author_{name} = njit(**AUTHOR)(MODEL.{name})", "", "",
             "@njit(BLOCK, cache=True, **OUTER)",
             f"def {name}(pt, py, pp, pu, pk):"]  # fmt: skip
    lines += [f"    {line}" for line in views(model, len(fields))]
    lines += [f"    for l in range({LANES}):"]
    lines += [f"        {line}" for line in unpack(model, used, LANES, "l")]
    lines += [f"        k = author_{name}({arguments})"]
    value = "k.{}" if result else "k"
    lines += [f"        out[{i * LANES} + l] = {value.format(f)}" for i, f in enumerate(fields)]
    return "\n".join([*lines, ""])


def _tick_block(model: Model) -> str:
    lines = ["author_tick = njit(**AUTHOR)(MODEL.tick)", "", "",
             "@njit(BLOCK, cache=True, **OUTER)", "def tick(pt, py, pp, pu, pk):"]  # fmt: skip
    lines += [f"    {line}" for line in views(model, model.module.MEMORY, lanes=1)]
    lines += [f"    {line}" for line in unpack(model, ["y", "p", "u"], 1, "0")]
    lines += ["    k = author_tick(t[0], y, p, u, out)"]
    lines += [f"    vu[{i}] = k.{f}" for i, f in enumerate(model.inputs)]
    return "\n".join([*lines, ""])


def views(model: Model, rows: int, lanes: int = LANES) -> list[str]:
    """Lines that make arrays of the five pointers."""
    sizes = {"y": len(model.states), "p": len(model.params), "u": len(model.inputs)}
    lines = [f"t = carray(pt, {lanes})"]
    lines += [f"v{v} = carray(p{v}, {max(1, n) * lanes})" for v, n in sizes.items()]
    return [*lines, f"out = carray(pk, {max(1, rows) * lanes})"]


def unpack(model: Model, which: Sequence[str], stride: int, lane: str) -> list[str]:
    """Lines that read one lane into named tuples."""
    classes = {"y": ("State", model.states), "p": ("Param", model.params),
               "u": ("Input", model.inputs)}  # fmt: skip
    lines = []
    for v in which:
        name, fields = classes[v]
        values = ", ".join(f"v{v}[{i * stride} + {lane}]" for i in range(len(fields)))
        lines.append(f"{v} = {name}({values})")
    return lines
