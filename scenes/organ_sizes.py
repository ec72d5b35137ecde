"""Sizes of a parametric organ by the names of assets/parameters/organs.csv."""

import numpy as np

from twin_engine.tissue.organs import shape
from twin_engine.tissue.organs.shape import Grid
from twin_engine.tissue.organs.specimen import Specimen


def sizes(name: str, specimen: Specimen) -> dict[str, float]:
    """Name -> value in the CSV's unit."""
    made = specimen.surface()
    length = float(shape.dimensions_mm(made.vertices)[0])
    found = {
        "volume_ml": specimen.volume_ml(),
        "length_mm": length,
        "tissue_mass_g": specimen.weight_g(),
        "mass_g": specimen.weight_g(),
        "wall_mass_g": specimen.weight_g(),
    }
    extra = {
        "brain": _brain,
        "lung": _lung,
        "eye": _eye,
        "stomach": _stomach,
        "uterus": _uterus,
        "kidney": _kidney,
        "gallbladder": _gallbladder,
    }.get(name)
    return found | (extra(specimen) if extra else {})


def _axes(specimen: Specimen) -> tuple[np.ndarray, ...]:
    return np.ix_(*specimen.grid.axes())


def _volume(specimen: Specimen, values: np.ndarray) -> float:
    return Grid(specimen.grid.low, specimen.grid.spacing, values).volume_ml()


def _brain(specimen: Specimen) -> dict[str, float]:
    """Cortex hidden in sulci: 1 - hull / cortex, cerebrum alone, both on the same grid."""
    from twin_engine.tissue.organs import brain

    x, y, z = _axes(specimen)
    hull = np.asarray(brain.hull(x, y, z))
    grid = specimen.grid
    plain = shape.surface(Grid(grid.low, grid.spacing, hull)).area_cm2()
    other = np.maximum(grid.values, -np.where(brain.field(x, y, z) < hull - 1e-9, brain.field(x, y, z), 1e3))
    folded = shape.surface(Grid(grid.low, grid.spacing, np.maximum(other, hull))).area_cm2()
    return {"hidden_cortex_fraction": 1 - plain / folded, "length_mm": float(np.ptp(specimen.surface().vertices[:, 1]))}


def _lung(specimen: Specimen) -> dict[str, float]:
    from twin_engine.tissue.organs import lung

    x, y, z = _axes(specimen)
    label = lung.part(x, y, z, specimen.grid.values)
    inside = specimen.grid.values < 0
    lobes = [float((inside & (label == k)).sum()) for k in range(3)]
    names = ("upper_lobe_percent", "middle_lobe_percent", "lower_lobe_percent")
    return {n: 100 * v / sum(lobes) for n, v in zip(names, lobes, strict=True)}


def _eye(specimen: Specimen) -> dict[str, float]:
    x, y, z = _axes(specimen)
    globe = np.minimum(np.sqrt(x**2 + y**2 + z**2) - 11.8, np.sqrt(x**2 + (y + 4.6) ** 2 + z**2) - 7.8)
    ys = specimen.grid.axes()[1]
    middle = globe[np.argmin(np.abs(specimen.grid.axes()[0])), :, np.argmin(np.abs(specimen.grid.axes()[2]))]
    return {
        "axial_length_mm": float(np.ptp(ys[middle < 0])) + specimen.grid.spacing,
        "globe_volume_ml": _volume(specimen, globe),
    }


def _stomach(specimen: Specimen) -> dict[str, float]:
    from twin_engine.tissue.organs import stomach

    x, y, z = _axes(specimen)
    label = stomach.part(x, y, z, specimen.grid.values)
    # The wall alone: omental fat and its vessels are no part of ICRP's stomach.
    wall = ((specimen.grid.values < 0) & (label < 3)).sum() * specimen.grid.spacing**3 / 1000
    lumen = _volume(specimen, np.asarray(stomach.lumen(x, y, z)))
    return {"lumen_ml": lumen, "wall_mass_g": float(wall) * specimen.organ.density / 1000}


def _uterus(specimen: Specimen) -> dict[str, float]:
    return {"length_mm": float(np.ptp(specimen.surface().vertices[:, 2]))}


def _kidney(specimen: Specimen) -> dict[str, float]:
    """Without the vessels' and ureter's stumps, as ultrasound measures it."""
    from twin_engine.tissue.organs import kidney

    x, y, z = _axes(specimen)
    d = np.maximum(np.asarray(kidney.outline(x, y, z)), specimen.grid.values)
    made = shape.surface(Grid(specimen.grid.low, specimen.grid.spacing, d))
    return {"volume_ml": _volume(specimen, d), "length_mm": float(shape.dimensions_mm(made.vertices)[0])}


def _gallbladder(specimen: Specimen) -> dict[str, float]:
    v = specimen.surface().vertices
    return {"length_mm": float(np.ptp(v[v[:, 2] < 30.0, 2]))}
