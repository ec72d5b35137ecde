"""Organ rehearsal: a liver with a tumour, held, cut and weighed."""

from typing import TYPE_CHECKING

from scenes.scene import Fixation, Light, Scene, View

if TYPE_CHECKING:
    from scenes.stage import Stage

TITLE = "Organ rehearsal"


class Organ(Scene):
    """The patient's liver on the stage of a rehearsal."""

    title = TITLE
    variants = ("tissue", "plan")

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
        """The organ alone, or as glass with vessels, tumour, margin and the proposed plane."""
        from scenes import organ_mesh, organ_plan
        from scenes.organ_rehearsal import Rehearsal

        self.stage = stage
        self.rehearsal: Rehearsal = Rehearsal()
        self.path = organ_mesh.node(self.rehearsal.skin(), "organ")
        self.path.reparent_to(stage.root)
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

    def update(self, seconds: float) -> None:
        """The tissue lives; hands rest unless something moves them."""
        from scenes import organ_mesh

        for _ in range(max(1, round(seconds * 60))):
            self.rehearsal.frame([tool.hand.tolist() for tool in self.rehearsal.tools])
        if self.variant != "plan":
            self.path.remove_node()
            self.path = organ_mesh.node(self.rehearsal.skin(), "organ")
            self.path.reparent_to(self.stage.root)
