"""The three contracts of treatments, and how a treatment is found by its file name.

A treatment is one file `trials/treatments/<name>.py` with one final class named like the file
(`added_effect.py`: `AddedEffect`).
"""

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from avatars.population import Population
from trials.parts import Part, parse
from twin_engine.errors import InputError

FOLDER = Path(__file__).resolve().parent / "treatments"


class Treatment(ABC):
    """What both contracts share: a title, a source, settings from the design.

    Attributes
    ----------
    TITLE, SOURCE : str
        What it is, and where it is published (or `assumption: ...`).
    Settings : type[Part]
        The keys a design may give under `settings`.
    NEEDS : tuple of str
        Columns every person must have.
    """

    TITLE: ClassVar[str]
    SOURCE: ClassVar[str]
    Settings: ClassVar[type[Part]] = Part
    NEEDS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, settings: Any) -> None:
        self.settings = settings


class Effect(Treatment):
    """A treatment that changes an outcome lived without it."""

    @abstractmethod
    def outcome(self, people: Population, untreated: np.ndarray, day: float) -> np.ndarray:
        """Outcome under treatment.

        Parameters
        ----------
        people : Population
        untreated : ndarray, shape (n,)
            The outcome without this treatment, in the outcome's unit.
        day : float
            Days since randomisation.

        Returns
        -------
        ndarray, shape (n,)
        """


class Modelled(Treatment):
    """A treatment whose outcome a model, or a published arm, gives at once for every visit.

    Attributes
    ----------
    MODELS : tuple of str
        What `twin.model` may say; "statistical" where only an arm's distribution is published.
    """

    MODELS: ClassVar[tuple[str, ...]]

    @abstractmethod
    def outcomes(self, people: Population, day: np.ndarray, seed: int) -> np.ndarray:
        """The outcome on each visit day; of a time to event the day of the event, in every column.

        Parameters
        ----------
        people : Population
        day : ndarray, shape (n, visits)
            Days since randomisation.
        seed : int
            Arms that draw for the same purpose share their luck.

        Returns
        -------
        ndarray, shape (n, visits)
        """


@dataclass(frozen=True)
class Orders:
    """What a treatment orders at a visit.

    Parameters
    ----------
    doses : ndarray, shape (n, days)
        Dose of each of the coming days, mg; the last column repeats until the next review.
    review : ndarray, shape (n,)
        Days until the treatment wants the next reading; infinity: the next planned visit.
    """

    doses: np.ndarray
    review: np.ndarray


class Dosing(Treatment):
    """A treatment that doses a model and may adapt the dose to what is measured.

    Attributes
    ----------
    MODELS : tuple of str
        The models it can dose.
    """

    MODELS: ClassVar[tuple[str, ...]]

    @abstractmethod
    def begin(self, people: Population) -> tuple[Orders, Any]:
        """First orders, and the treatment's memory: a dict of arrays with one row a person."""

    @abstractmethod
    def review(
        self, people: Population, memory: dict[str, np.ndarray], day: np.ndarray, value: np.ndarray
    ) -> Orders:
        """Orders after a reading.

        Parameters
        ----------
        people : Population
            The persons at this visit.
        memory : dict of str to ndarray
            Their rows of the memory; changed in place.
        day : ndarray, shape (n,)
            Days since the first dose.
        value : ndarray, shape (n,)
            The measured outcome; NaN where the visit was missed.
        """


def names() -> list[str]:
    """The treatments that ship, in alphabetical order."""
    return sorted(file.stem for file in FOLDER.glob("[!_]*.py"))


def load(name: str) -> type[Treatment]:
    """The class of one treatment.

    Raises
    ------
    InputError
        No file of that name.
    """
    if name not in names():
        import difflib

        near = difflib.get_close_matches(name, names(), n=1)
        raise InputError("unknown treatment", "arms.treatment", name, ", ".join(names()),
                         f"did you mean {near[0]}?" if near else "add a file to trials/treatments")  # fmt: skip
    module = importlib.import_module(f"trials.treatments.{name}")
    return getattr(module, "".join(word.title() for word in name.split("_")))


def make(name: str, settings: dict[str, Any], where: str) -> Treatment:
    """A treatment with its settings checked."""
    made = load(name)
    return made(parse(made.Settings, settings, where))
