"""Organ rehearsal: a liver with a tumour, held, cut and weighed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenes.scene import Fixation, Hand, Light, Scene, View

if TYPE_CHECKING:
    from scenes.stage import Stage

TITLE = "Organ rehearsal"


class Organ(Scene):
    """The patient's liver on the stage of a rehearsal."""

    title = TITLE
    variants = ("tissue", "plan")
    about_sight = False
    plain = True
    manual = (
        "mouse: move the tool; wheel: nearer, farther; Tab: other hand; button: left grasps, right cuts; "
        "K clips, X coagulates, T stitches twice, U takes back"
    )

    def light(self) -> Light:
        """Theatre lamps; radiance is relative to a white card."""
        return Light(white=1.6, adaptation=0.5)

    def viewpoints(self) -> dict[str, View]:
        """The surgeon's place, and from the side."""
        return {
            "surgeon": View((-0.06, -0.50, 0.16), (0.0, 0.0, 0.0), 42.0),
            "side": View((0.42, -0.30, 0.12), (0.0, 0.0, 0.0), 42.0),
        }

    def fixations(self) -> dict[str, Fixation]:
        """What to look at."""
        return {"tumour": Fixation("Tumour", (-0.07, -0.022, 0.018))}

    def build(self, stage: "Stage") -> None:
        """The organ and two tools, or the organ as glass with vessels, tumour, margin and the proposed plane."""
        from scenes import organ_mesh, organ_plan, organ_scope
        from scenes.organ_hands import Hands
        from scenes.organ_rehearsal import Rehearsal

        self.stage = stage
        self.rehearsal: Rehearsal = Rehearsal()
        self.hands = Hands(self.rehearsal)
        self.path = organ_mesh.node(self.rehearsal.skin(), "organ")
        self.path.reparent_to(stage.root)
        self.tools = []
        for side in ("left", "right"):
            tool = stage.root.attach_new_node(f"{side} tool")
            for skin in organ_scope.instrument(2.5, side == "left"):
                organ_mesh.node(skin, f"{side} tool").reparent_to(tool)
            self.tools.append(tool)
        self._place_tools()
        if self.variant == "plan":
            plan = self.rehearsal.plan()
            for name, tree in self.rehearsal.trees.items():
                organ_mesh.node(organ_plan.vessel_skin(tree, name), name).reparent_to(stage.root)
            specimen = self.rehearsal.specimen
            organ_mesh.node(organ_plan.sphere_like(specimen, 0, 0.0, "tumour"), "tumour").reparent_to(stage.root)
            for skin in (organ_plan.sphere_like(specimen, 0, 10.0, "plan"), organ_plan.disc(plan, specimen)):
                thing = organ_mesh.node(skin, "plan")
                thing.reparent_to(stage.root)
                organ_plan.glass(thing, 0.75)
            organ_plan.glass(self.path, 0.7)

    def _place_tools(self) -> None:
        for path, tool in zip(self.tools, self.rehearsal.tools, strict=True):
            path.set_pos(*tool.tip)
            path.look_at(self.stage.root, *tool.tail)

    def update(self, seconds: float) -> None:
        """The tissue lives; hands rest unless something moves them. At most two steps a picture: a slow machine
        shows slower motion rather than fewer pictures."""
        from scenes import organ_mesh

        for _ in range(min(max(1, round(seconds * 60)), 2)):
            self.hands.frame()
        self._place_tools()
        if self.variant != "plan":
            self.path.remove_node()
            self.path = organ_mesh.node(self.rehearsal.skin(), "organ")
            self.path.reparent_to(self.stage.root)

    def pressed(self, key: str) -> None:
        """Keys and mouse buttons of the hands."""
        self.hands.press(key)

    def pointed(self, view: View, right: float, up: float) -> None:
        """The mouse moves the active tool."""
        self.hands.point(view, right, up)

    def handed(self, hands: Sequence[Hand | None]) -> None:
        """Each controller is a tool, counted from the surgeon's place."""
        from scenes.headset import from_seat

        seat = next(iter(self.viewpoints().values()))
        for side, hand in enumerate(hands):
            if hand is not None:
                self.hands.move(side, from_seat(seat, hand.position))
                self.hands.hold(side, hand.held)
                if hand.switched:
                    self.hands.button(side)

    def ended(self, out: Path | None) -> tuple[dict[str, Any], list[str]]:
        """Motion metrics of the session, and the session itself where `--out` names a file."""
        from twin_engine.tissue import session

        made = self.rehearsal.session
        files = [] if out is None else [str(made.save(out))]
        data: dict[str, Any] = {
            "frames": len(made.frames),
            "acts": len(made.acts),
            "warnings_in_scene": len(self.rehearsal.warnings),
        }
        if len(made.frames) >= session.FEWEST:
            data |= session.motion(made) | {"blood_loss_ml": self.rehearsal.operation.blood_ml}
        return data, files
