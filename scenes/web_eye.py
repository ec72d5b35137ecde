"""Eyes as the page needs them: kernel factors at steps from focus, and where focus stands for a distance looked at.

Layers stand at focus plus fixed steps, so kernels are the same wherever the eye looks: accommodation slides the
layers. Factors stay on their grid of half an arc minute (float16); the page sums them over the device's pixels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes import kernels, layers
from scenes.compare import acuity_line
from scenes.render import Wish
from scenes.scene import Scene
from scenes.seeing import Sight, sights
from scenes.web_glb import Glb
from twin_engine.text import LANGUAGES, set_language, tr
from vision_lib import chromatic, psf
from vision_lib.ability import eye_of, uncorrected
from vision_lib.eye import IN_FOCUS, Eye
from vision_lib.sampling import ARCMIN, Window

Array = NDArray[Any]
VERSION = 1
RANK = 3
# Products are chosen for what pixels show: detail finer than this counts down to a floor, for pixels integrate it
# away. Against full kernels, three products then give 59 to 63 dB instead of 41 to 63 dB (tests).
PIXEL_ARCMIN, FLOOR = 4.0, 0.1
# Weights of red, green and blue in luminance, Rec. ITU-R BT.709: the grey kernel of weak machines.
GREY = np.array([0.2126, 0.7152, 0.0722])
# Vergences looked at for which focus is kept, 1/m (between them it is interpolated): out to 1 km, in to 20 cm.
GRID = np.concatenate([[0.001], np.arange(0.25, 5.01, 0.25)])
# The page's own eye may come nearer to things than any of the place's seats does.
NEAREST_M = 0.25


@dataclass
class Look:
    """One state of one eye behind one correction: sights over the grid of vergences, and at every thing."""

    grid: list[Sight]
    things: dict[str, Sight]


def distances(scene: Scene) -> dict[str, float]:
    """Distance of every thing from the seat, m."""
    seat = next(iter(scene.viewpoints().values())).position
    return {name: f.distance_m(seat) for name, f in scene.fixations().items()}


def looks(scene: Scene, wish: Wish) -> list[Look]:
    """What is compared: one entry for each correction."""
    corrections = list(wish.corrections)
    grid = [sights(wish.who, 1.0 / v, corrections) for v in GRID]
    things = {n: sights(wish.who, d, corrections) for n, d in distances(scene).items()}
    return [Look([g[i] for g in grid], {n: s[i] for n, s in things.items()}) for i in range(len(grid[0]))]


def titles(look: int, wish: Wish) -> dict[str, str]:
    """Title of a look in both languages."""
    worn = [c for _, c in wish.corrections]
    names = [c.TITLE for c in worn]  # type: ignore[attr-defined]
    if len(names) < 2:
        names = ["Without correction", *names]
    return {lang: tr(names[look], lang) for lang in LANGUAGES}


def described(sight: Sight) -> dict[str, Any]:
    """Focus, residual and acuity of one sight, with the sentence in both languages."""
    residual = sight.view.residual
    lines = {}
    for lang in LANGUAGES:
        set_language(lang)
        lines[lang] = acuity_line(sight)
    return {"vergence": 1.0 / sight.view.distance_m, "focus": -sight.residual_far.m_d, "blur": residual.blur_d,
            "m": residual.m_d, "j0": residual.j0_d, "j45": residual.j45_d,
            "logmar": sight.ability.acuity_logmar, "line": lines, "known": bool(sight.view.known)}  # fmt: skip


def pack(glb: Glb, scene: Scene, wish: Wish) -> dict[str, Any]:
    """Looks and kernels written into the file; what the page's own part of it says about them."""
    from twin_engine.text import language

    before = language()
    packed: dict[tuple[Any, ...], int] = {}
    banks: list[dict[str, Any]] = []
    made = []
    try:
        for number, look in enumerate(looks(scene, wish)):
            entry: dict[str, Any] = {"title": titles(number, wish), "grid": [described(s) for s in look.grid],
                                     "things": {}}  # fmt: skip
            span = _span(look)
            for name, sight in look.things.items():
                key = _key(sight)
                if key not in packed:
                    packed[key] = len(banks)
                    banks.append(_bank(glb, sight, span))
                entry["things"][name] = described(sight) | {"bank": packed[key]}
            made.append(entry)
    finally:
        set_language(before)
    return {"version": VERSION, "step_arcmin": kernels.STEP_ARCMIN, "looks": made, "banks": banks,
            "fine": [list(s) for s in layers.FINE if np.isfinite(s[1])] + [[layers.FINE[-1][0], 1e9]],
            "coarse": [[layers.COARSE[-1][0], 1e9]]}  # fmt: skip


def _key(sight: Sight) -> tuple[Any, ...]:
    far = sight.residual_far
    return sight.title, round(far.j0_d, 2), round(far.j45_d, 2), tuple(sorted(sight.view.wavefront.items()))


def _span(look: Look) -> tuple[float, float]:
    """Steps from focus that this look can need, D."""
    focus = [-s.residual_far.m_d for s in (*look.grid, *look.things.values())]
    return -max(focus), 1.0 / NEAREST_M - min(focus)


def _bank(glb: Glb, sight: Sight, span: tuple[float, float]) -> dict[str, Any]:
    """Kernels of one state for both kinds and both qualities, from one set of point spreads."""
    bare = eye_of(sight.who, uncorrected(sight.who, sight.view.distance_m))
    fine, coarse = (layers.nodes(0.0, *span, steps) for steps in (layers.FINE, layers.COARSE))
    steps = np.unique(np.round(np.concatenate([fine, coarse]), 6))
    at = tuple(np.round(steps - sight.residual_far.m_d, 6).tolist())
    full, angle = kernels.full(eye_of(sight.who, sight.view), sight.residual_far, at, "camera", True, bare)
    found: dict[str, Any] = {}
    for kind, made in (("camera", full), ("viewer", kernels.divided(full, _own(bare, angle, full.shape[-1])))):
        for name, wanted, light in (("fine", fine, False), ("light", coarse, True)):
            some = made[np.searchsorted(steps, np.round(wanted, 6))]
            found[f"{kind}-{name}"] = _packed(glb, products(some, wanted, kind, angle, light))
    return found


def products(made: Array, nodes_d: Array, kind: str, angle: float, light: bool) -> kernels.Bank:
    """The page's factors of kernels (N, 3, S, S): three products in colour, or one grey for weak machines."""
    if not light:
        return separated(made, nodes_d, kind, angle, RANK)
    return separated(np.einsum("c,ncyx->nyx", GREY, made)[:, None], nodes_d, kind, angle, 1)


def separated(made: Array, nodes_d: Array, kind: str, angle: float, rank: int) -> kernels.Bank:
    """Products of kernels (N, C, S, S), chosen as if seen through pixels: a weighting that the factors undo."""
    size = made.shape[-1]
    f = np.fft.fftfreq(size, kernels.STEP_ARCMIN)
    response = FLOOR + (1.0 - FLOOR) * np.abs(np.sinc(f * PIXEL_ARCMIN))
    shift = np.subtract.outer(np.arange(size), np.arange(size)) % size
    blunt, back = (np.fft.ifft(r).real[shift] for r in (response, 1.0 / response))
    bank = kernels.separated(blunt @ made @ blunt, nodes_d, kind, angle, rank)
    return kernels.Bank(bank.nodes_d, bank.columns @ back, bank.rows @ back, angle, kind)


def _own(bare: Eye, angle: float, size: int) -> Array:
    """The viewer's own in-focus kernel (3, S, S) in the frame of the blur."""
    front = kernels._turned(bare.wavefronts(IN_FOCUS), -angle)
    window = Window(kernels.STEP_ARCMIN * ARCMIN, size)
    own = psf.psf(front, [bare.best_focus_d], chromatic.rgb(), window)[0, 0]
    made: Array = own / own.sum(axis=(-2, -1), keepdims=True)
    return made


def _packed(glb: Glb, bank: kernels.Bank) -> dict[str, Any]:
    channels, rank, size = bank.rows.shape[1:]
    data = np.stack([bank.columns, bank.rows]).astype(np.float16)
    return {"steps": bank.nodes_d.tolist(), "channels": channels, "rank": rank, "size": size,
            "angle": bank.angle_rad, "view": glb.view(data.tobytes())}  # fmt: skip
