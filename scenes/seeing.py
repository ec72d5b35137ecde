"""Who looks, at what, through which lens: what the picture chain needs to know of an eye.

A look is taken at one distance: accommodation and, in a progressive, the height on the lens follow the thing
looked at. Everything else keeps that state, and needs as much more or less power as its vergence differs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes import kernels, layers
from scenes.kernels import Bank, FullBank
from scenes.scene import Light, Scene
from twin_engine.errors import InputError
from twin_engine.text import tr
from vision_lib.ability import Ability, Corrects, Person, View, eye_of, look, uncorrected
from vision_lib.pupil import diameter
from vision_lib.refraction import PowerVector

# The field to which a pupil adapts in a place, square degrees (assumption: a wide view).
FIELD_DEG2 = 4000.0
YOUNGEST_Y = 20.0


@dataclass(frozen=True)
class Sight:
    """One eye looking at one distance through one correction, or none.

    Parameters
    ----------
    title : str
        What is worn, in the language in force.
    who : Person
        The person.
    view : View
        The look, from `vision_lib.ability`.
    ability : Ability
        Acuity at the distance looked at.
    """

    title: str
    who: Person
    view: View
    ability: Ability

    @property
    def residual_far(self) -> PowerVector:
        """Lens still needed for infinity in this state of accommodation, D."""
        m, j0, j45 = self.view.residual
        return PowerVector(m - 1.0 / self.view.distance_m, j0, j45)

    def nodes(self, low: float, high: float, light: bool) -> NDArray[Any]:
        """Vergences of the layers for a picture that spans these, 1/m."""
        return layers.nodes(-self.residual_far.m_d, low, high, layers.COARSE if light else layers.FINE)

    def bank(self, low: float, high: float, kind: str, light: bool = False) -> Bank | FullBank:
        """Kernels for a picture that spans these vergences, 1/m."""
        bare = eye_of(self.who, uncorrected(self.who, self.view.distance_m))
        at = np.round(self.nodes(low, high, light), 6)
        return kernels.bank(eye_of(self.who, self.view), self.residual_far, at, kind=kind, light=light, bare=bare)


def pupil_mm(light: Light, age_y: float) -> float:
    """Pupil that a place makes, mm (Watson and Yellott 2012; below 20 years as at 20)."""
    return diameter(light.adaptation, FIELD_DEG2, max(age_y, YOUNGEST_Y)) * 1e3


def sights(who: Person, distance_m: float, corrections: list[tuple[str, Corrects]]) -> list[Sight]:
    """What to compare: the bare eye and one correction, or two corrections; the bare eye alone if there is none.

    Parameters
    ----------
    who : Person
        The person.
    distance_m : float
        Distance looked at, m.
    corrections : list of (title, correction)
        At most two.

    Raises
    ------
    InputError
        More than two.
    """
    if len(corrections) > 2:
        raise InputError("too many corrections to compare", "--correct", len(corrections), "one or two",
                         "leave some out")  # fmt: skip
    bare = uncorrected(who, distance_m)
    before = corrections[0][1].compare(who, distance_m)[0] if len(corrections) == 1 else bare
    views = [(tr("Without correction"), before)] if len(corrections) < 2 else []
    views += [(title, c.compare(who, distance_m)[1]) for title, c in corrections]
    return [Sight(title, who, view, look(who, view, with_contrast=False)) for title, view in views]


def thing(scene: Scene, name: str | None) -> tuple[str, Any]:
    """The fixation of this name, or the place's first one.

    Raises
    ------
    InputError
        No such thing in the place.
    """
    found = scene.fixations()
    chosen = name or next(iter(found))
    if chosen not in found:
        raise InputError("unknown thing to look at", "--look", name, ", ".join(found), "choose one of these")
    return chosen, found[chosen]
