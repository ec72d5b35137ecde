"""The one contract of physics: a model is one file, found by its name.

A model file holds

- `TITLE`, `SOURCE` (citation with DOI), `TIME` (the unit of t: s, min, h, d, wk or y);
- `State, Param, Input, Output = quantities(...)`; a model in closed form has an empty State;
- `initial(p) -> State`, `rhs(t, y, p, u) -> State`, `outputs(t, y, p, u) -> Output`: plain scalar
  Python that also compiles (functions from `twin_engine.maths`, `a if c else b`, no containers);

and, where the model needs it,

- `METHOD = "stiff"`, and `jac(t, y, p, u)` (rows of tuples, d rhs_i / d y_j) where sympy cannot
  derive it from `rhs`;
- `DOSES = {"dose": "depot"}`: route -> the state an amount is added to, or the input that is held
  during an infusion; the first route is the default;
- `SCALES = {"y2": 1e-6}`: typical size of states far from 1; the absolute tolerance follows it;
- `MAX_STEP`: the longest step, for a rhs with short events or a `guard` that could be stepped over;
- `guard(t, y, p, u) -> float` and `jump(t, y, p, u) -> State`: where guard rises through 0, the
  state jumps;
- `TICK`, `MEMORY` and `tick(t, y, p, u, memory) -> Input`: at every multiple of TICK the function
  reads the solution, keeps what it wants in `memory` (an array of MEMORY floats, zero at first) and
  sets the inputs that no dose drives, until the next tick;
- `rest(p) -> Input`: inputs before any dose or tick (default: all 0);
- `COVARIATES = {"age_y": Covariate("y", 18, 100, 60), "vkorc1": Covariate(levels=("GG", "GA",
  "AA"))}` and `individual(p, c) -> p`: dicts of arrays (one entry a person) by name; parameters of
  a person from covariates. `p` arrives with every row of the parameter file;
- `VARIABILITY = {"EC50": "omega_EC50"}`: log-normal variability between persons; its SD is a row of
  the parameter file;
- `STEADY = True`: the model claims that `initial` is a steady state at rest;
- `summary(solution) -> dict`: what `twin simulate` prints below the curves.

Values come from `assets/parameters/<name>.csv`, whose first set is the default.
"""

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from twin_engine import parameters
from twin_engine.errors import InputError

FOLDER = Path(__file__).resolve().parent / "physiology"
TIMES = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "wk": 604800.0, "y": 365.25 * 86400.0}
METHODS = ("tsit5", "rodas4")


@dataclass(frozen=True)
class Covariate:
    """What a model must know of a person: a number in a range, or one of several levels.

    Parameters
    ----------
    unit : str
        Unit of a number; "" for levels.
    low, high : float
        Plausible range of a number.
    default : float or str, optional
        Value when nothing is said; the middle of the range or the first level otherwise.
    levels : tuple of str
        The words allowed.
    """

    unit: str = ""
    low: float = float("-inf")
    high: float = float("inf")
    default: float | str | None = None
    levels: tuple[str, ...] = ()

    def fallback(self) -> float | str:
        """The value when nothing is said."""
        if self.default is not None:
            return self.default
        return self.levels[0] if self.levels else 0.5 * (self.low + self.high)


@dataclass(frozen=True, eq=False)
class Model:
    """One registered model; see the module's text for what its file holds."""

    name: str
    module: ModuleType
    sets: dict[str, parameters.ParameterSet]

    def get(self, name: str, otherwise: Any = None) -> Any:
        """A module-level name of the model's file."""
        return getattr(self.module, name, otherwise)

    @property
    def title(self) -> str:
        """What it is."""
        return self.module.TITLE

    @property
    def source(self) -> str:
        """The paper it is from."""
        return self.module.SOURCE

    @property
    def time(self) -> str:
        """Unit of its time."""
        return self.module.TIME

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states."""
        return self.module.State._fields

    @property
    def params(self) -> tuple[str, ...]:
        """Names of the parameters that `rhs` and `outputs` read."""
        return self.module.Param._fields

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.module.Input._fields

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.module.Output._fields

    @property
    def doses(self) -> dict[str, str]:
        """Route -> state or input."""
        return self.get("DOSES", {})

    @property
    def covariates(self) -> dict[str, Covariate]:
        """Covariate name -> what is allowed."""
        return self.get("COVARIATES", {})

    @property
    def variability(self) -> dict[str, str]:
        """Parameter -> row of its log-normal SD between persons."""
        return self.get("VARIABILITY", {})

    @property
    def method(self) -> str:
        """The method it asks for."""
        return "rodas4" if self.get("METHOD", "") == "stiff" else "tsit5"

    @property
    def default_set(self) -> str:
        """Name of the first parameter set."""
        return next(iter(self.sets), "")


def names() -> list[str]:
    """The models that ship and those of installed packages, in alphabetical order."""
    ours = [f.stem for f in FOLDER.glob("[!_]*.py") if _is_model(f)]
    return sorted(set(ours) | set(_foreign()))


def _is_model(file: Path) -> bool:
    return re.search(r"^TITLE\b", file.read_text(encoding="utf-8"), re.MULTILINE) is not None


@cache
def _foreign() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group="twin.models")}


@cache
def load(name: str) -> Model:
    """One model by its name, checked.

    Raises
    ------
    InputError
        No model of that name, or its file breaks the contract. An ordinary mistake in the file
        (a typo in `p.CL`) is an ordinary error at the author's line.
    """
    file = FOLDER / f"{name}.py"
    if re.fullmatch(r"[a-z0-9_]+", name) and file.exists() and _is_model(file):
        return register(importlib.import_module(f"twin_engine.physiology.{name}"), name)
    if name in _foreign():
        return register(_foreign()[name].load(), name)
    import difflib

    near = difflib.get_close_matches(name, names(), n=1)
    raise InputError("unknown model", "MODEL", name, ", ".join(names()),
                     f"did you mean {near[0]}?" if near else "see: twin models")  # fmt: skip


def from_file(file: Path | str) -> Model:
    """A model from a file anywhere; its parameters lie beside it as `<name>.csv`."""
    file = Path(file).resolve()
    digest = hashlib.blake2b(str(file).encode(), digest_size=6).hexdigest()
    spec = importlib.util.spec_from_file_location(f"twin_model_{file.stem}_{digest}", file)
    if spec is None or spec.loader is None or not file.exists():
        raise InputError("file not found", "MODEL", str(file), "a model file", "check the path")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # the cache of compiled code looks it up by name
    spec.loader.exec_module(module)
    return register(module, file.stem)


def register(module: ModuleType, name: str) -> Model:
    """Check a model module against the contract by one call in plain Python.

    Raises
    ------
    InputError
        A name is missing or wrong. Mistakes inside the functions raise as they are.
    """
    for needed in ("TITLE", "SOURCE", "TIME", "State", "Param", "Input", "Output", "initial",
                   "outputs"):  # fmt: skip
        if not hasattr(module, needed):
            raise _broken(name, f"no {needed}", "see: docs/extend.md")
    if module.TIME not in TIMES:
        raise _broken(name, f"TIME = {module.TIME!r}", f"TIME is one of {', '.join(TIMES)}")
    model = Model(name, module, _sets(module, name))
    fields = set(model.states) | set(model.inputs)
    for route, target in model.doses.items():
        if target not in fields:
            raise _broken(name, f"DOSES[{route!r}] = {target!r}", f"one of {', '.join(fields)}")
    if model.states and not hasattr(module, "rhs"):
        raise _broken(name, "states but no rhs", "write rhs(t, y, p, u) -> State")
    if hasattr(module, "guard") != hasattr(module, "jump"):
        raise _broken(name, "guard and jump come together", "write both or neither")
    _try(model)
    return model


def _sets(module: ModuleType, name: str) -> dict[str, parameters.ParameterSet]:
    beside = Path(module.__file__ or "").with_suffix(".csv")
    if beside.exists():
        return parameters.read(beside, name)
    from twin_engine import assets

    ours = assets.root() / "parameters" / f"{name}.csv"
    if ours.exists():
        return parameters.load(name)
    made = getattr(module, "parameter_sets", None)
    if made is not None:
        return made()
    if module.Param._fields:
        raise _broken(name, "no parameter file", f"write assets/parameters/{name}.csv")
    return {}


def _try(model: Model) -> None:
    """Call every function once with ordinary floats."""
    from twin_engine.persons import parameter_rows

    m = model.module
    row = parameter_rows(model, {}, 1)[0]
    p = m.Param(*map(float, row))
    u = m.rest(p) if hasattr(m, "rest") else m.Input(*[0.0] * len(model.inputs))
    y = _typed(m.initial, m.State, model, p)
    if model.states:
        _typed(m.rhs, m.State, model, 0.0, y, p, u)
    _typed(m.outputs, m.Output, model, 0.0, y, p, u)
    if hasattr(m, "guard"):
        float(m.guard(0.0, y, p, u))
        _typed(m.jump, m.State, model, 0.0, y, p, u)
    if hasattr(m, "tick"):
        import numpy

        _typed(m.tick, m.Input, model, 0.0, y, p, u, numpy.zeros(m.MEMORY))


def _typed(function: Callable, kind: Any, model: Model, *args: Any) -> Any:
    made = function(*args)
    if not isinstance(made, kind):
        raise _broken(model.name, f"{function.__name__} returned {type(made).__name__}",
                      f"return {kind.__name__}(...)")  # fmt: skip
    for field, value in zip(kind._fields, made, strict=True):
        if not isinstance(value, float | int):
            raise _broken(model.name, f"{function.__name__}: {field} = {value!r}", "a number")
    return made


def _broken(model: str, value: str, cure: str) -> InputError:
    return InputError("a model file breaks the contract", f"{model}.py", value,
                      "the names of twin_engine.model", cure)  # fmt: skip
