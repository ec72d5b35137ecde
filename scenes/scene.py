"""A place: the one contract of views.

A place is one file `scenes/places/<name>.py` with one final class derived from `Scene`; it is found by
file name, without wiring. Lengths are metres, x right, y ahead, z up; light is linear and in cd/m2.
"""

import importlib
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin_engine.errors import InputError

if TYPE_CHECKING:
    from scenes.stage import Stage

Point = tuple[float, float, float]
PLACES = Path(__file__).resolve().parent / "places"


@dataclass(frozen=True)
class View:
    """Where an eye is and what it looks at.

    Parameters
    ----------
    position, target : Point
        The eye and the point it looks at, m.
    fov_deg : float
        Horizontal field of the picture, degrees.
    up : Point
        Up direction.
    tangents : (left, right, bottom, top) or None
        Tangents of the field's borders (left and bottom negative); they replace `fov_deg`, as a headset needs.
    """

    position: Point
    target: Point
    fov_deg: float = 60.0
    up: Point = (0.0, 0.0, 1.0)
    tangents: tuple[float, float, float, float] | None = None

    def borders(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Tangents (left, right, bottom, top) for a picture of this many pixels."""
        if self.tangents is not None:
            return self.tangents
        half = math.tan(math.radians(self.fov_deg) / 2.0)
        tall = half * height / width
        return -half, half, -tall, tall

    def pixels_per_degree(self, width: int, height: int) -> float:
        """Pixels in one degree on the axis of view."""
        left, right, _, _ = self.borders(width, height)
        return width / (right - left) * math.pi / 180.0


@dataclass(frozen=True)
class Fixation:
    """A thing to look at: the eye accommodates to its distance.

    Parameters
    ----------
    title : str
        English text (a key of the catalogue).
    position : Point
        Where it is seen, m; for a thing in a mirror, its mirror image.
    task : str
        Name of the task in `vision_lib.tasks`, or empty.
    """

    title: str
    position: Point
    task: str = ""

    def distance_m(self, eye: Point) -> float:
        """Distance from an eye, m."""
        return math.dist(self.position, eye)


@dataclass(frozen=True)
class Hand:
    """A controller: position from the seat (x right, y ahead, z up) in m, trigger held, button pressed just now."""

    position: Point
    held: bool
    switched: bool


@dataclass(frozen=True)
class Light:
    """How bright a place is: fixed exposure and what the pupil adapts to.

    Parameters
    ----------
    white : float
        Luminance shown as the display's white, cd/m2.
    adaptation : float
        Luminance the pupil adapts to (mean of the view), cd/m2.
    night : bool
        Whether the eye's glare veil matters.
    """

    white: float
    adaptation: float
    night: bool = False


class Scene(ABC):
    """One place.

    Parameters
    ----------
    variant : str
        One of `variants`, e.g. "night"; empty for the first.

    Attributes
    ----------
    title : str
        English name (a key of the catalogue).
    variants : tuple of str
        Ways the place exists, the default first.
    about_sight : bool
        Whether the eye that looks must be named; False: a sharp one unless named.
    plain : bool
        Whether it is drawn sharp, without the eye's optics, unless an eye or a correction is named.
    manual : str
        What keys and mouse do here, beside the window's own (a key of the catalogue).
    """

    title: str
    variants: tuple[str, ...] = ("day",)
    about_sight: bool = True
    plain: bool = False
    manual: str = ""

    def __init__(self, variant: str = "") -> None:
        self.variant = variant or self.variants[0]
        if self.variant not in self.variants:
            raise InputError("unknown variant of the place", "variant", variant, ", ".join(self.variants),
                             "choose one of these")  # fmt: skip

    @abstractmethod
    def light(self) -> Light:
        """Exposure and adaptation of this place."""

    @abstractmethod
    def viewpoints(self) -> dict[str, View]:
        """Named views at the present moment, the main one first."""

    @abstractmethod
    def fixations(self) -> dict[str, Fixation]:
        """Named things to look at, at the present moment."""

    @abstractmethod
    def build(self, stage: "Stage") -> None:
        """Add geometry, materials, light and mirrors to the stage."""

    @abstractmethod
    def update(self, seconds: float) -> None:
        """Let `seconds` pass (a place that stands still does nothing)."""

    def pressed(self, key: str) -> None:  # noqa: B027 - most places do not care
        """A key or mouse button went down in a window, or up ("mouse1-up")."""

    def pointed(self, view: View, right: float, up: float) -> None:  # noqa: B027 - most places do not care
        """Where the mouse points in a view: tangents to the right and up of its middle."""

    def handed(self, hands: Sequence[Hand | None]) -> None:  # noqa: B027 - most places do not care
        """Left and right controller; None while one is not tracked."""

    def ended(self, out: Path | None) -> tuple[dict[str, Any], list[str]]:
        """What a live session leaves: data for the answer, files written (into `out` where it is named)."""
        return {}, []

    def tracked(self, head: Point, hand: Point | None) -> None:  # noqa: B027 - most places do not care
        """Where a headset's wearer holds the head and the right hand (x right, y ahead, z up, from the seat), m."""


def names() -> list[str]:
    """The places there are, by file name."""
    return sorted(f.stem for f in PLACES.glob("*.py") if not f.stem.startswith("_"))


def load(name: str, variant: str = "") -> Scene:
    """A place by its name.

    A name that ends in .glb or .gltf is the user's own room; one that ends in .json a vessel's tree in the angiography
    room.

    Raises
    ------
    InputError
        There is no such place or variant.
    """
    if name.lower().endswith((".glb", ".gltf")):
        from scenes.room_file import RoomFile

        return RoomFile(Path(name))
    if name.lower().endswith(".json"):
        from scenes.places.vessel import Vessel

        return Vessel(variant, Path(name))
    if name not in names():
        raise InputError("unknown place", "PLACE", name, ", ".join(names()) + ", or a .glb / .gltf file",
                         "choose one of these")  # fmt: skip
    module = importlib.import_module(f"scenes.places.{name}")
    found = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, Scene) and c is not Scene]
    return found[0](variant)
