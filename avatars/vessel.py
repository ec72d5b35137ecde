"""A person's vessel: tree, devices and grafts. A procedure makes a new one and never changes the old."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from twin_engine.errors import InputError
from twin_engine.vessels.centreline import Branch, Tree
from twin_engine.vessels.tree_flow import Graft


@dataclass(frozen=True)
class Device:
    """What was done where; `facts` are its measures, keys ending in their unit."""

    name: str
    branch: str
    start_mm: float
    end_mm: float
    facts: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class VesselAvatar:
    """One person's vessel.

    Parameters
    ----------
    id : int
    tree : Tree
    devices : tuple of Device
    grafts : tuple of Graft
    notes : tuple of str
        Limits that belong to the result.
    """

    id: int
    tree: Tree
    devices: tuple[Device, ...] = ()
    grafts: tuple[Graft, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def after(self, device: Device, branch: Branch | None = None, graft: Graft | None = None) -> "VesselAvatar":
        """The vessel with one more device, with a branch replaced or a graft added."""
        return replace(
            self,
            tree=self.tree if branch is None else self.tree.with_branch(branch),
            devices=(*self.devices, device),
            grafts=self.grafts if graft is None else (*self.grafts, graft),
        )


@dataclass(frozen=True)
class Site:
    """Where a procedure acts: branch, middle and length in mm along it."""

    branch: str
    position_mm: float
    length_mm: float

    def check(self, tree: Tree) -> tuple[Branch, float, float]:
        """The branch, and where the device begins and ends on it.

        Raises
        ------
        InputError
            No such branch, no length, or a device that leaves the branch.
        """
        b = tree[self.branch]
        start, end = self.position_mm - self.length_mm / 2, self.position_mm + self.length_mm / 2
        if not (self.length_mm > 0 and start >= -0.5 and end <= b.length + 0.5):
            raise InputError(
                "the device does not lie on the branch",
                f"branch {b.name}",
                f"{start:.1f} to {end:.1f} mm",
                f"0 to {b.length:.1f} mm",
                "move it or choose a shorter one",
            )
        return b, max(start, 0.0), min(end, b.length)
