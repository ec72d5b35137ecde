"""Synthetic persons from a vine copula: pairwise copulas that need not be Gaussian.

Regular vines (Aas, Czado, Frigessi & Bakken 2009, Insur Math Econ 44:182) by pyvinecopulib (MIT), an
extra. Each person's uniforms come from that person's stream through the inverse Rosenblatt transform.
"""

from functools import partial
from typing import Any

import numpy as np

from avatars import copula
from avatars.population import Population
from avatars.synthesis import Margins, Synthesiser, learn_strata, origin
from twin_engine.errors import InputError


def vine(population: Population, strata: tuple[str, ...] = ()) -> Synthesiser:
    """Learn a vine inside each stratum.

    Raises
    ------
    InputError
        pyvinecopulib is not installed, or a stratum is unfit (see `gaussian_copula`).
    """
    try:
        import pyvinecopulib as pv
    except ImportError:
        raise InputError("vine copulas are not installed", "method", "vine", "the package pyvinecopulib",
                         'pip install "medtwin[vine]", or use gaussian_copula') from None  # fmt: skip
    names, parts = learn_strata(population, strata, partial(_model, pv))
    return Synthesiser("vine", partial(_draw, population, strata, names, parts))


def _model(pv: Any, codes: list[np.ndarray]) -> Any:
    from scipy.special import ndtr

    ranks = np.column_stack([ndtr(copula.scores(c)[0]) for c in codes])
    families = [pv.BicopFamily.gaussian, pv.BicopFamily.clayton, pv.BicopFamily.gumbel, pv.BicopFamily.frank,
                pv.BicopFamily.student]  # fmt: skip
    controls = pv.FitControlsVinecop(family_set=families, num_threads=1)
    return pv.Vinecop.from_data(np.clip(ranks, 1e-6, 1 - 1e-6), controls=controls)


def _draw(population: Population, strata: tuple[str, ...], names: list[str], parts: list[Margins], n: int, seed: int
          ) -> Population:  # fmt: skip
    from scipy.special import ndtri

    from twin_engine.streams import uniforms

    if n < 1:
        raise InputError("no persons", "-n", n, "at least one person", "raise the number")
    ids = np.arange(n)
    which = uniforms(seed, 0, ids, "synthetic stratum", 1)[:, 0]
    place = np.searchsorted(np.cumsum([p.share for p in parts])[:-1], which)
    raw = uniforms(seed, 0, ids, "synthetic vine", len(names))
    columns = {name: np.empty(n, population.column(name).dtype) for name in population.columns}
    for k, part in enumerate(parts):
        rows = np.flatnonzero(place == k)
        if not len(rows):
            continue
        for name, level in zip(strata, part.levels, strict=True):
            columns[name][rows] = level
        u = part.model.inverse_rosenblatt(np.clip(raw[rows], 1e-9, 1 - 1e-9), num_threads=1)
        for i, name in enumerate(names):
            columns[name][rows] = part.margins[name].quantile(ndtri(np.clip(u[:, i], 1e-9, 1 - 1e-9)))
    return Population(ids, columns, population.units, origin(population, "vine copula learnt from"))
