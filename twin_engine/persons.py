"""The parameters of persons: published set, covariates, variability, what was said of the person.

Order: (1) the named set; (2) values given for this person, so that what is derived sees them;
(3) the model's `individual` with the covariates; (4) variability between persons; (5) given values
again: what was said of a person is the person's own value and stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.model import Model


@dataclass(frozen=True)
class Variability:
    """Whose random effects: stable identities under one seed and replicate.

    Parameters
    ----------
    seed, replicate : int
    persons : ndarray of int, shape (n,)
    """

    seed: int
    replicate: int
    persons: np.ndarray


def count(table: Mapping[str, Any], *more: Any) -> int:
    """How many persons a table and further scalars or arrays speak of."""
    sizes = {len(v) for v in (*table.values(), *more) if np.ndim(v) >= 1}
    if len(sizes) > 1:
        raise InputError("columns of different length", "table", sorted(sizes),
                         "one length, one row a person", "check how the columns were made")  # fmt: skip
    return sizes.pop() if sizes else 1


def parameter_rows(
    model: Model, table: Mapping[str, Any], n: int, variability: Variability | None = None
) -> np.ndarray:
    """Parameters of n persons as rows in the order of the model's Param.

    Parameters
    ----------
    model : Model
    table : mapping
        Parameter, parameter-file or covariate name -> scalar or (n,); "set" -> set name(s).
    n : int
    variability : Variability, optional
        Draw the random effects of these persons.

    Returns
    -------
    ndarray, shape (n, parameters)

    Raises
    ------
    InputError
        An unknown name, set or level, or a parameter without value.
    """
    p = _from_sets(model, table.get("set", model.default_set), n)
    own = {k: np.asarray(v, float) for k, v in table.items() if k in p or k in model.params}
    _refuse_unknown(model, table, own)
    p.update(own)
    individual = model.get("individual")
    if individual is not None:
        whole = {name: np.broadcast_to(value, (n,)) for name, value in p.items()}
        p = dict(individual(whole, _covariates(model, table, n)))
    if variability is not None:
        _vary(model, p, variability, set(own))
    p.update(own)
    rows = np.empty((n, len(model.params)))
    for j, name in enumerate(model.params):
        if name not in p:
            raise InputError("parameter without value", f"{model.name}.{name}", None,
                             "a row in the parameter file, or a value from individual()",
                             f"add it to assets/parameters/{model.name}.csv")  # fmt: skip
        rows[:, j] = p[name]
    return rows


def _from_sets(model: Model, chosen: Any, n: int) -> dict[str, Any]:
    if not model.sets:
        return {}
    names, which = np.unique(chosen, return_inverse=True)
    for name in names:
        if name not in model.sets:
            raise InputError("unknown parameter set", f"{model.name}: set", str(name),
                             ", ".join(model.sets), "choose one of these sets")  # fmt: skip
    if np.ndim(chosen) == 0:
        return {k: np.asarray(v) for k, v in model.sets[str(chosen)].values().items()}
    values = [model.sets[str(name)].values() for name in names]
    every = dict.fromkeys(key for v in values for key in v)
    return {key: np.array([v.get(key, np.nan) for v in values])[which] for key in every}


def _refuse_unknown(model: Model, table: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    known = set(own) | set(model.covariates) | {"set"}
    for name in table:
        if name not in known:
            import difflib

            rows = {key for s in model.sets.values() for key in s.parameters}
            every = sorted(rows | set(model.params) | set(model.covariates) | {"set"})
            near = difflib.get_close_matches(name, every, n=1)
            raise InputError("unknown parameter", f"{model.name}.{name}", name, ", ".join(every),
                             f"did you mean {near[0]}?" if near else "leave it out")  # fmt: skip


def _covariates(model: Model, table: Mapping[str, Any], n: int) -> dict[str, Any]:
    found = {}
    for name, covariate in model.covariates.items():
        value = np.asarray(table.get(name, covariate.fallback()))
        if covariate.levels:
            wrong = ~np.isin(value, covariate.levels)
            if wrong.any():
                raise InputError("unknown level", f"{model.name}.{name}",
                                 str(np.atleast_1d(value)[np.atleast_1d(wrong)][0]),
                                 ", ".join(covariate.levels), "use one of these words")  # fmt: skip
        else:
            value = value.astype(float)
        found[name] = np.broadcast_to(value, (n,))
    return found


def _vary(model: Model, p: dict[str, Any], who: Variability, own: set[str]) -> None:
    from twin_engine.streams import normals

    for name, row in model.variability.items():
        if name not in own:
            z = normals(who.seed, who.replicate, who.persons, f"{model.name}.{name}", 1)[:, 0]
            p[name] = p[name] * np.exp(p[row] * z)


def checked(model: Model, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of one person as they come in at the door, numbers read and checked.

    Raises
    ------
    InputError
        An unknown name, no number, NaN, or a value outside its plausible range.
    """
    chosen = str(settings.get("set", model.default_set))
    if chosen and chosen not in model.sets:
        raise InputError("unknown parameter set", f"{model.name}: set", chosen,
                         ", ".join(model.sets), "choose one of these sets")  # fmt: skip
    found: dict[str, Any] = {"set": chosen} if chosen else {}
    for name, value in settings.items():
        covariate = model.covariates.get(name)
        if name == "set" or (covariate is not None and covariate.levels):
            found[name] = str(value)
            continue
        number = _number(f"{model.name}.{name}", value)
        if covariate is not None and not covariate.low <= number <= covariate.high:
            raise InputError("implausible covariate value", f"{model.name}.{name}", number,
                             f"{covariate.low:g} to {covariate.high:g} {covariate.unit}",
                             "check the unit")  # fmt: skip
        if chosen and name in model.sets[chosen].parameters:
            model.sets[chosen].check(name, number)
        found[name] = number
    return found


def _number(where: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise InputError("not a number", where, value, "a finite number", "write a decimal point")
    return number
