"""A prognostic model: what a person's outcome would be without a new treatment.

Its predictions are the digital control of prognostic covariate adjustment (Schuler A et al., Int J
Biostat 2022;18:329, doi 10.1515/ijb-2021-0072). A prediction used for a person never saw that
person's outcome: either the model was learnt on other persons (`learn`), or each person is predicted
by a model of the other folds (`prognosis`).

The model is linear with a ridge penalty chosen by leave-one-out error (Hoerl AE, Kennard RW,
Technometrics 1970;12:55-67): with a few hundred patients it predicts at least as well as forests
do, and its coefficients can be read.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from avatars.population import Population
from twin_engine.errors import InputError

PENALTIES = np.logspace(-2, 4, 25)


@dataclass(frozen=True)
class PrognosticModel:
    """A learnt model.

    Parameters
    ----------
    outcome : str
        Column that is predicted.
    names : tuple of str
        Covariates; a level of a word column is "name=level".
    centre, scale, coefficients : ndarray, shape (covariates,)
        Mean and SD of the learning persons, and the effect of one SD on the outcome.
    intercept : float
    penalty : float
        Chosen ridge penalty.
    n : int
        Persons it was learnt on.
    r2 : float
        Share of the outcome's variance that out-of-fold predictions of those persons explain.
    """

    outcome: str
    names: tuple[str, ...]
    centre: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercept: float
    penalty: float
    n: int
    r2: float

    def predict(self, population: Population) -> np.ndarray:
        """Predicted outcome of each person, shape (n,), in the outcome's unit."""
        return _predicted(_matrix(population, self.names), vars(self))


@dataclass(frozen=True)
class Prognosis:
    """Out-of-fold predictions of a population's own persons.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Prediction of each person by the model of the other folds.
    r2 : float
        1 - sum of squared errors / total sum of squares of the outcome.
    model : PrognosticModel
        The model of all persons: for new persons and for reading its coefficients.
    """

    scores: np.ndarray
    r2: float
    model: PrognosticModel


def prognosis(population: Population, outcome: str, *, seed: int = 1, folds: int = 10) -> Prognosis:
    """Predict everyone's outcome without having seen it.

    Parameters
    ----------
    population : Population
    outcome : str
        Numeric column; every other column is a covariate.
    seed : int
        Seed of the division into folds; a person's place depends on the id, not on the row.
    folds : int

    Raises
    ------
    InputError
        No such column, words as outcome, or fewer than three persons a fold.
    """
    y = _outcome(population, outcome, folds)
    names = _names(population, outcome)
    fold = _folds(population.ids, seed, folds)
    matrix = _matrix(population, names)
    scores = np.empty(len(y))
    for k in range(folds):
        inside = fold == k
        scores[inside] = _predicted(matrix[inside], _fit(matrix[~inside], y[~inside]))
    r2 = float(1 - np.sum((y - scores) ** 2) / np.sum((y - y.mean()) ** 2))
    model = PrognosticModel(outcome=outcome, names=names, n=len(y), r2=r2, **_fit(matrix, y))
    return Prognosis(scores, r2, model)


def learn(population: Population, outcome: str, *, seed: int = 1, folds: int = 10) -> PrognosticModel:
    """A model learnt on these persons, to predict others; arguments and errors as `prognosis`."""
    return prognosis(population, outcome, seed=seed, folds=folds).model


def _outcome(population: Population, outcome: str, folds: int) -> np.ndarray:
    y = population.column(outcome)
    if y.dtype.kind != "f":
        raise InputError("the outcome is not a number", outcome, y[0], ", ".join(population.numbers()),
                         "choose a numeric column")  # fmt: skip
    if len(y) < 3 * folds or len(population.columns) < 2:
        raise InputError("too little to learn from", outcome, len(y), f"at least {3 * folds} persons and one covariate",
                         "give more persons or columns")  # fmt: skip
    if np.ptp(y) == 0:
        raise InputError("the outcome does not vary", outcome, float(y[0]), "different values",
                         "choose another outcome")  # fmt: skip
    return y


def _names(population: Population, outcome: str) -> tuple[str, ...]:
    """Covariates: numbers as they are, words as one indicator for each level but the first."""
    names: list[str] = []
    for name, values in population.columns.items():
        if name == outcome:
            continue
        if values.dtype.kind == "f":
            names.append(name)
        else:
            names += [f"{name}={level}" for level in np.unique(values)[1:]]
    return tuple(names)


def _matrix(population: Population, names: tuple[str, ...]) -> np.ndarray:
    columns = []
    for name in names:
        column, equals, level = name.partition("=")
        values = population.column(column)
        columns.append((values == level).astype(float) if equals else values)
    return np.column_stack(columns)


def _folds(ids: np.ndarray, seed: int, folds: int) -> np.ndarray:
    from twin_engine.streams import uniforms

    rank = np.argsort(np.argsort(uniforms(seed, 0, ids, "fold of the prognosis", 1)[:, 0], kind="stable"))
    return rank % folds


def _fit(matrix: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    from sklearn.linear_model import RidgeCV

    centre = matrix.mean(axis=0)
    scale = matrix.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    ridge = RidgeCV(alphas=PENALTIES).fit((matrix - centre) / scale, y)
    return {"centre": centre, "scale": scale, "coefficients": ridge.coef_, "intercept": float(ridge.intercept_),
            "penalty": float(ridge.alpha_)}  # fmt: skip


def _predicted(matrix: np.ndarray, fitted: dict[str, Any]) -> np.ndarray:
    standard = (matrix - fitted["centre"]) / fitted["scale"]
    predicted: np.ndarray = fitted["intercept"] + standard @ fitted["coefficients"]
    return predicted
