"""A finished trial: what its report and its answer show."""

from dataclasses import dataclass

import numpy as np

from trials.analysis import Estimate
from trials.control.prognostic import Saving
from trials.design import Design, Endpoint
from trials.population import Pool
from trials.results import Results


@dataclass(frozen=True)
class Comparison:
    """One endpoint: the trial's estimates and the truth of every arm against the control."""

    endpoint: Endpoint
    estimates: list[Estimate]
    unadjusted: list[Estimate]
    truths: list[tuple[float, float]]


@dataclass(frozen=True)
class Finished:
    """Everything the report shows."""

    design: Design
    seed: int
    pool: Pool
    results: Results
    comparisons: list[Comparison]
    saving: Saving | None
    prognosis: np.ndarray | None
