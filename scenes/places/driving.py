"""A driver's place on a city road, by day and by night: instruments, navigation, mirrors, signs, traffic."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from scenes.scene import Fixation, Light, Point, Scene, View

if TYPE_CHECKING:
    from scenes.bake import Unit
    from scenes.stage import Stage

TITLE = "Driving"
LANE_X = 5.25
SPEED = 17.2  # m/s, 62 km/h
EYE = (LANE_X - 0.37, 0.0, 1.18)
LOOP_M = 290.0


class Driving(Scene):
    """The driver's eyes in a car that moves along the road."""

    title = TITLE
    variants = ("day", "night")

    def __init__(self, variant: str = "") -> None:
        super().__init__(variant)
        self.seconds = 0.0
        self._parts: dict[str, Any] = {}

    @property
    def along(self) -> float:
        """Place of the own car along the road, m."""
        return (SPEED * self.seconds) % LOOP_M

    def light(self) -> Light:
        """Sunny day, or a lit road at night."""
        if self.variant == "night":
            return Light(white=6.0, adaptation=1.0, night=True)
        return Light(white=8500.0, adaptation=1900.0)

    def viewpoints(self) -> dict[str, View]:
        """Ahead, instruments, navigation, each mirror."""
        from scenes.places._cockpit import NAVIGATION

        y = self.along
        eye = (EYE[0], y, EYE[2])
        x = LANE_X
        return {
            "ahead": View(eye, (x - 0.05, y + 10.0, 0.70), 90.0),
            "instruments": View(eye, (x - 0.36, y + 0.70, 0.885), 44.0),
            "navigation": View(eye, (x + NAVIGATION[0], y + NAVIGATION[1], NAVIGATION[2]), 40.0),
            "mirror": View(eye, (x + 0.02, y + 0.42, 1.375), 34.0),
            "left mirror": View(eye, (x - 1.0, y + 0.56, 0.985), 34.0),
            "street": View((3.2, y + 8.0, 2.3), (2.2, y + 30.0, 1.6), 64.0),
        }

    def fixations(self) -> dict[str, Fixation]:
        """From the instruments to the farthest sign; sizes as in the task table."""
        from scenes.places._city import SIGNS
        from scenes.places._cockpit import CLUSTER, MIRRORS, NAVIGATION

        y = self.along
        out = {
            "dashboard": Fixation("Dashboard", (LANE_X + CLUSTER[0], y + CLUSTER[1], CLUSTER[2]), "dashboard_digit"),
            "navigation": Fixation(
                "Navigation", (LANE_X + NAVIGATION[0], y + NAVIGATION[1], NAVIGATION[2]), "navigation"
            ),
            "road": Fixation("Road ahead", (LANE_X, y + 60.0, 0.8)),
        }
        plane = MIRRORS["inside"]
        image = plane.reflect((0.0, -13.0, 1.0))
        out["mirror"] = Fixation("Rear-view mirror", (LANE_X + image[0], y + image[1], image[2]))
        ahead = {n: s for n, s in SIGNS.items() if s[1] > y + 5.0}
        titles = {
            "gangneung": "Direction sign",
            "airport": "Airport sign",
            "garden": "Tourist sign",
            "limit": "Speed limit",
            "crossing": "Crossing sign",
        }
        for name, place in ahead.items():
            out[name] = Fixation(titles[name], place, "sign_450" if name == "gangneung" else "sign_300")
        return out

    def build(self, stage: "Stage") -> None:
        """City, traffic, cockpit, mirrors; the sky follows the car."""
        from scenes.places import _drive_build

        self._parts = _drive_build.build(stage, self)
        self._place()

    def update(self, seconds: float) -> None:
        """Drive on."""
        self.seconds += seconds
        if self._parts:
            self._place()

    def own_position(self) -> Point:
        """Origin of the own car, m."""
        return LANE_X, self.along, 0.0

    def _place(self) -> None:
        from scenes.places import _drive_build

        _drive_build.place(self._parts, self)


def units() -> "dict[str, Callable[[], Unit]]":
    """What is baked: city, cockpit and cars, each by day and by night."""
    from scenes.places import _drive_build

    names = [f"{part}-{time}" for part in ("road", "cockpit", "cars") for time in ("day", "night")]
    return {name: _maker(name, _drive_build.unit) for name in names}


@cache
def _maker(name: str, make: "Callable[[str, bool], Unit]") -> "Callable[[], Unit]":
    part, time = name.split("-")
    return lambda: make(part, time == "night")
