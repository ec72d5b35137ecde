"""The gallery: every organ from three sides with its sizes beside published ones, slices, lesions, table, scope.

python -m scenes.organ_gallery FOLDER [organs|slices|lesions|planning|table|scope ...]
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from scenes import organ_mesh
from scenes.organ_cut import sliced
from scenes.organ_view import Studio, three_sides
from scenes.scene import View
from twin_engine.tissue.organs import lesions, shape
from twin_engine.tissue.organs.specimen import Specimen

SIDES = {
    "lung": ((35, 6), (90, 6), (-90, 6)),
    "liver": ((-15, 12), (10, -42), (175, 14)),
    "spleen": ((-70, 6), (80, 6), (20, 70)),
    "brain": ((-38, 16), (90, 8), (180, 22)),
    "eye": ((-35, 12), (80, 10), (160, 15)),
    "uterus": ((0, 8), (45, 18), (180, 8)),
    "heart": ((-12, 6), (60, 10), (172, 10)),
    "kidney": ((-20, 8), (-100, 6), (160, 8)),
}
# The plane that shows most: normal, offset in mm, and from where to look (azimuth, elevation).
SLICES = {
    "heart": (-np.cross([0.621, -0.421, -0.661], [-0.578, -0.815, -0.024]), -2.0, (53, 48)),
    "kidney": (np.array([0.0, -1.0, 0.0]), 0.0, (0, 6)),
    "brain": (np.array([0.0, -1.0, 0.0]), -8.0, (0, 4)),
    "lung": (np.array([0.0, -1.0, 0.0]), -6.0, (0, 6)),
    "liver": (np.array([0.0, -1.0, 0.0]), 10.0, (0, 8)),
    "stomach": (np.array([0.0, -1.0, 0.0]), -2.0, (0, 10)),
    "uterus": (np.array([0.0, -1.0, 0.0]), 0.0, (0, 8)),
    "eye": (np.array([0.0, 0.0, 1.0]), 0.3, (-30, 66)),
}
CAPTION = (214, 216, 220)


def _font(size: int) -> Any:
    from PIL import ImageFont

    from twin_engine import assets

    return ImageFont.truetype(str(assets.path("fonts/NotoSansKR-Regular.otf")), size)


def captioned(image: np.ndarray, lines: list[str], title: str) -> np.ndarray:
    """A picture with its title and lines below."""
    from PIL import Image, ImageDraw

    h, w, _ = image.shape
    made = Image.new("RGB", (w, h + 34 + 22 * len(lines)), (20, 20, 22))
    made.paste(Image.fromarray(image), (0, 0))
    draw = ImageDraw.Draw(made)
    draw.text((16, h + 4), title, fill=(245, 245, 245), font=_font(20))
    for k, line in enumerate(lines):
        draw.text((16, h + 32 + 22 * k), line, fill=CAPTION, font=_font(15))
    return np.asarray(made)


def save(image: np.ndarray, path: Path) -> None:
    """Write a JPEG of good quality (PNG when asked by name)."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, quality=90)


def measured(name: str, specimen: Specimen) -> list[str]:
    """Sizes of a parametric organ beside the published ones."""
    from scenes.organ_sizes import sizes
    from twin_engine.commands.organ import published

    found = sizes(name, specimen)
    lines = []
    for row in published(name):
        value = found.get(row["name"])
        mark = "" if value is None or row["low"] <= value <= row["high"] else "  outside the spread"
        ours = "-" if value is None else f"{value:.4g}"
        source = row["source"].split(":")[0].split(",")[0]
        lines.append(
            f"{row['name']} {ours} {row['unit']}   published {row['value']:g} ({row['low']:g}-{row['high']:g}), {source}{mark}"  # noqa: E501
        )
    d = shape.dimensions_mm(specimen.surface().vertices)
    return [
        f"tissue {specimen.volume_ml():.4g} mL, {d[0]:.0f} x {d[1]:.0f} x {d[2]:.0f} mm along its own axes, all drawn parts",  # noqa: E501
        *lines,
    ]


def organs(studio: Studio, out: Path, size: int = 560) -> None:
    """Three sides of every organ."""
    for name in shape.names():
        specimen = Specimen(name)
        skin = organ_mesh.whole(specimen)
        image = three_sides(
            studio, skin, SIDES.get(name, ((-15, 8), (75, 8), (180, 8))), size, 4.0 if name == "eye" else 1.0
        )
        save(captioned(image, measured(name, specimen), specimen.organ.title), out / f"organ-{name}.jpg")


def face(
    studio: Studio, specimen: Specimen, normal: np.ndarray, offset: float, angle: tuple[float, float], size: int = 640
) -> np.ndarray:
    """One view of a cut face."""
    skin = sliced(specimen, [(normal, offset)])
    return three_sides(studio, skin, (angle,), size, 4.0 if specimen.name == "eye" else 1.0)


def slices(studio: Studio, out: Path) -> None:
    """Cut faces."""
    for name, (normal, offset, angle) in SLICES.items():
        fine = {"liver": 1.2, "lung": 1.0, "stomach": 0.8}.get(name)
        save(face(studio, Specimen(name, (), fine), normal, offset, angle), out / f"slice-{name}.jpg")


def cases(studio: Studio, out: Path) -> None:
    """Every lesion: outside and cut through its middle."""
    for title, (name, found) in lesions.standard().items():
        specimen = Specimen(name, found, {"liver": 1.2}.get(name))
        first = found[-1]
        c = np.array(
            first.centre if first.kind != "infarct" else (np.array(first.centre) + np.array(first.towards)) / 2
        )
        normal, _, angle = SLICES.get(name, (np.array([0.0, -1.0, 0.0]), 0.0, (0, 8)))
        normal = np.asarray(normal) / np.linalg.norm(normal)
        whole = three_sides(studio, organ_mesh.whole(specimen), (angle,), 560, 4.0 if name == "eye" else 1.0)
        opened = face(studio, specimen, normal, float(c @ normal), angle, 560)
        kinds = ", ".join(sorted({lesions.KINDS[x.kind][0] for x in found}))
        lines = [
            f"{kinds}; lesion {specimen.lesion_volume_ml(len(found) - 1):.3g} mL, {specimen.lesion_size_mm(len(found) - 1):.0f} mm"  # noqa: E501
        ]
        save(
            captioned(np.concatenate([whole, opened], axis=1), lines, title),
            out / f"case-{title.replace(' ', '-')}.jpg",
        )


def planning(studio: Studio, out: Path) -> None:
    """Liver with vessels and tumour; the proposed plane; the remnant after resection."""
    from scenes.organ_plan import plan_pictures

    for name, image in plan_pictures(studio).items():
        save(image, out / f"planning-{name}.jpg")


def table(studio: Studio, out: Path) -> None:
    """The specimen table."""
    from scenes.anatomy_room import furnished

    skins = furnished()
    organ_mesh.cast_shadows(skins)
    studio.clear()
    for skin in skins:
        studio.add(skin)
    studio.light()
    views = {
        "": View((0.02, -0.56, 0.47), (0.0, 0.005, 0.0), 50.0),
        "-near": View((-0.20, -0.30, 0.24), (-0.12, 0.03, 0.02), 46.0),
    }
    for suffix, view in views.items():
        save(studio.picture(view, (1200, 800), 2), out / f"table{suffix}.jpg")


def scope(studio: Studio, out: Path) -> None:
    """The laparoscope's view."""
    from scenes.organ_scope import cholecystectomy

    save(cholecystectomy(studio), out / "laparoscope.jpg")


PAGES = {"organs": organs, "slices": slices, "lesions": cases, "planning": planning, "table": table, "scope": scope}


def main(words: list[str]) -> None:
    """Draw the pages that are named, or all."""
    out = Path(words[0]) if words else Path("gallery")
    studio = Studio()
    for page in words[1:] or PAGES:
        PAGES[page](studio, out)
        print(page, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
