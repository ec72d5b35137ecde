"""Calibre of a centreline tree: radius from the image, free of the blur's bias, and where it is diseased.

A blurred tube of radius R reads r_half at half maximum: R = r_half + s^2/2 (1/r_half - r''), s the total
standard deviation of the point spread: a Gaussian moves a surface by s^2/2 times the sum of its curvatures,
round the tube and along it (Bouma et al. 2005, IEEE TPAMI 27:1501). Below 1.5 voxels lumen and
blur cannot be told apart: no number is given. Lengths in mm.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from twin_engine.errors import InputError
from twin_engine.vessels.centreline import Branch, Tree
from twin_engine.vessels.image import Array, Image, Mask

# Least radius that is told, and the bias that a measured one may have against it (bound met on phantoms).
SMALLEST_VOXELS, _BIAS = 1.5, 0.1
_RAYS, _STEPS = 36, 0.2
# Smoothing of the profiles along the vessel, in points.
_ALONG = 1.0
# Assumptions: least narrowing that is called one, aneurysm at 1.5 x normal (Johnston 1991, J Vasc
# Surg 13:452), inliers of the taper within 6 %.
STENOSIS, ANEURYSM, _INLIER = 0.20, 1.5, 0.06
# Largest loss of radius over a healthy branch, relative to its median (assumption; a coronary artery loses half).
_FADES = 0.9
# Share of a branch without a radius that calls for a warning: cut ends alone do not.
_UNCLEAR = 0.05


@dataclass(frozen=True)
class Lesion:
    """A narrowing or widening of one branch.

    Parameters
    ----------
    branch, kind : str
        `kind` is "stenosis" or "aneurysm".
    position : float
        Arc length of its middle from the start of the branch, mm.
    start, end : float
        Where it begins and ends on the branch, mm.
    extreme, reference : float
        Least (largest) radius and the normal radius there, mm.
    at_least : bool
        The throat is finer than the image shows: `extreme` is the image's limit, the narrowing a lower bound.
    """

    branch: str
    kind: str
    position: float
    start: float
    end: float
    extreme: float
    reference: float
    at_least: bool = False

    @property
    def percent(self) -> float:
        """Change of diameter in per cent: stenosis positive down, aneurysm positive up."""
        return 100 * abs(1 - self.extreme / self.reference)

    @property
    def length(self) -> float:
        """mm."""
        return self.end - self.start


@dataclass(frozen=True)
class _Profile:
    at: Array
    rays: Array
    core: Array
    around: Array
    guess: Array
    wide: Mask


def measure(image: Image, tree: Tree, blur: float) -> tuple[Tree, list[str]]:
    """Radius of every point from the image, and warnings.

    Parameters
    ----------
    image : Image
        The image itself, not smoothed.
    tree : Tree
        Centreline with inscribed radii as a first guess.
    blur : float
        Standard deviation of the scanner's point spread in mm.

    Returns
    -------
    Tree, list of str
        Radii below 1.5 voxels are NaN; each such branch has a warning.

    Raises
    ------
    InputError
        Even the root is too small.
    """
    from twin_engine.text import tr

    profiles = [_profiles(image, b, blur) for b in tree.branches]
    wide = [p.core[p.wide] for p in profiles if p.wide.any()]
    bright = float(np.median(np.concatenate(wide))) if wide else _unblurred(profiles, blur)
    rows, warnings = [], []
    for b, p in zip(tree.branches, profiles, strict=True):
        radius = _lengthwise(_radius(p, bright, blur), b.arc, blur)
        small = ~np.isfinite(radius) | (_middle(radius) < (SMALLEST_VOXELS - _BIAS) * image.voxel)
        if small.mean() > _UNCLEAR:
            warnings.append(
                tr(
                    "branch {name}: {share} % of its length is below 1.5 voxels or unclear; no radius there",
                    name=b.name,
                    share=round(100 * float(small.mean())),
                )
            )
        rows.append(replace(b, radius=np.where(small, np.nan, radius)))
    usable = [r for r in rows if np.isfinite(r.radius).any()]
    if len(usable) < len(rows):
        rows = _connected(rows)
    made = Tree(tuple(rows), tree.source, tree.notes, SMALLEST_VOXELS * image.voxel)
    return made, warnings + [
        tr(
            "branch {name}: a throat at {at} mm is finer than 1.5 voxels; its narrowing is {percent} % or more",
            name=x.branch,
            at=round(x.position, 1),
            percent=round(x.percent),
        )
        for x in lesions(made)
        if x.at_least
    ]


def _middle(radius: Array) -> Array:
    """Median of five neighbours; no radius counts as none."""
    from scipy.ndimage import median_filter

    return median_filter(np.nan_to_num(radius), size=5, mode="nearest")


def _unblurred(profiles: list[_Profile], blur: float) -> float:
    """Lumen value where no vessel is wide: a blurred disc keeps 1 - exp(-R^2/(2 s^2)) of it at its centre."""
    core, around = (np.concatenate([getattr(p, k) for p in profiles]) for k in ("core", "around"))
    bright = float(np.median(core))
    for _ in range(4):
        radius = float(np.nanmedian(np.concatenate([_radius(p, bright, blur) for p in profiles])))
        kept = 1 - np.exp(-(radius**2) / (2 * blur**2)) if radius > 0 else 1.0
        bright = float(np.median(around + (core - around) / kept))
    return bright


def _connected(rows: list[Branch]) -> list[Branch]:
    """Leave out what cannot be measured, and what hangs on it."""
    if not np.isfinite(rows[0].radius).any():
        raise InputError(
            "the vessel is too small for this image",
            "image",
            f"branch {rows[0].name}",
            f"a radius of {SMALLEST_VOXELS:g} voxels or more",
            "take an image with smaller voxels",
        )
    kept: list[Branch] = []
    for b in rows:
        if np.isfinite(b.radius).any() and (b.parent is None or any(k.name == b.parent for k in kept)):
            kept.append(b)
    return kept


def _profiles(image: Image, b: Branch, blur: float) -> _Profile:
    """Intensity along rays in the normal plane: (points, rays, radii)."""
    from scipy.ndimage import gaussian_filter1d, map_coordinates

    from twin_engine.vessels.paths import plane

    voxel = float(image.spacing.min())
    u, v = plane(_steady(b.tangent))
    reach = 2.0 * float(b.inscribed.max()) + 4 * blur + 3 * voxel
    at = np.arange(0.0, reach, _STEPS * voxel)
    angle = 2 * np.pi * np.arange(_RAYS) / _RAYS
    way = np.cos(angle)[None, :, None] * u[:, None] + np.sin(angle)[None, :, None] * v[:, None]
    points = b.points[:, None, None] + way[:, :, None] * at[:, None]
    flat = map_coordinates(
        image.values.astype(np.float32),
        image.index(points.reshape(-1, 3)).T,
        order=3,
        mode="nearest",
        output=np.float32,
    )
    rays = gaussian_filter1d(flat.reshape(points.shape[:-1]).astype(float), _ALONG, axis=0, mode="nearest")
    guess = np.maximum(b.inscribed, voxel)
    inside = at <= np.maximum(0.5 * guess - blur, 0.1 * voxel)[:, None]
    core = (rays.mean(axis=1) * inside).sum(axis=1) / inside.sum(axis=1)
    ring = (at > (guess + 3 * blur + voxel)[:, None]) & (at < (2 * guess + 3 * blur + 2 * voxel)[:, None])
    low = np.where(ring[:, None], rays, np.nan)
    dim = low < np.nanpercentile(low, 60, axis=(1, 2), keepdims=True)
    around = np.nanmedian(np.where(dim, low, np.nan), axis=(1, 2))
    return _Profile(at, rays, core, _corrected(around, low), guess, guess > 3 * blur + 1.5 * voxel)


def _corrected(lower: Array, low: Array) -> Array:
    """The plain median where the ring is even; the lower part's where a bright neighbour enters it."""
    plain = np.nanmedian(low, axis=(1, 2))
    spread = np.nanpercentile(low, 40, axis=(1, 2)) - np.nanpercentile(low, 10, axis=(1, 2))
    return np.where(plain - lower > spread, lower, plain)


def _steady(t: Array) -> Array:
    from scipy.ndimage import gaussian_filter1d

    t = gaussian_filter1d(t, 2.0, axis=0, mode="nearest")
    return t / np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-12)


def _radius(p: _Profile, bright: float, blur: float) -> Array:
    """Half-maximum radius of the angular mean, rays that enter a neighbour left out."""
    from scipy.ndimage import median_filter

    lumen = np.where(p.wide, p.core, bright)
    lumen = median_filter(lumen, size=9, mode="nearest")
    level = (p.rays - p.around[:, None, None]) / np.maximum(lumen - p.around, 1e-6)[:, None, None]
    radius = np.full(len(level), np.nan)
    for i, rays in enumerate(level):
        far = p.at > 1.5 * p.guess[i] + 2 * blur
        # A ray that is still bright at half again the radius runs along a branch.
        kept = rays[:, far].max(axis=1, initial=0.0) < 0.75
        if kept.sum() < _RAYS // 4:
            kept[:] = True
        mean = rays[kept].mean(axis=0)
        below = np.flatnonzero(mean < 0.5)
        if len(below) and below[0] > 0:
            j = below[0]
            half = p.at[j] - (0.5 - mean[j]) / (mean[j - 1] - mean[j]) * (p.at[j] - p.at[j - 1])
            # Below the blur's own width the correction has no meaning: it grows as the vessel vanishes.
            radius[i] = half + blur**2 / (2 * half) if half > blur else np.nan
    return radius


def _lengthwise(radius: Array, arc: Array, blur: float) -> Array:
    """Take back what blur and smoothing along the vessel filled in or wore off."""
    from scipy.ndimage import gaussian_filter1d

    known = np.isfinite(radius)
    if known.sum() < 9:
        return radius
    step = float(np.median(np.diff(arc)))
    even = gaussian_filter1d(np.interp(arc, arc[known], radius[known]), 1.5, mode="nearest")
    bend = np.gradient(np.gradient(even, step), step)
    most = 0.2 * even
    return radius - np.clip((blur**2 + (_ALONG * step) ** 2) / 2 * bend, -most, most)


def reference(tree: Tree, branch: Branch) -> tuple[Array, Mask]:
    """Normal radius along a branch (a line fitted to its healthy part), and which points take part.

    Points within the junctions' widening do not take part; the line is the one with most points
    within 6 % of it (RANSAC, Fischler & Bolles 1981, over all pairs).
    """
    apart = free(tree, branch)
    s, r = branch.arc, branch.radius
    use = apart & np.isfinite(r)
    if use.sum() < 8:
        return np.full(len(r), np.nan), use
    pick = np.flatnonzero(use)[np.linspace(0, use.sum() - 1, min(int(use.sum()), 48)).astype(int)]
    i, j = np.triu_indices(len(pick), max(len(pick) // 6, 1))
    a, b = pick[i], pick[j]
    slope = (r[b] - r[a]) / (s[b] - s[a])
    lines = r[a][:, None] + slope[:, None] * (s[pick] - s[a][:, None])
    good = (np.abs(r[pick] - lines) < _INLIER * np.abs(lines)) & (lines > 0)
    # A healthy artery narrows or keeps its calibre (Murray's trees never widen downstream), and does not fade away.
    change = slope * np.ptp(s) / np.median(r[pick])
    score = good.sum(axis=1) - np.where((change > 0.15) | (change < -_FADES), len(pick), 0)
    best = good[int(np.argmax(score))]
    fit = np.polyfit(s[pick[best]], r[pick[best]], 1) if best.sum() > 2 else (0.0, np.nanmedian(r[use]))
    return np.asarray(np.polyval(fit, s), dtype=float), use


def free(tree: Tree, branch: Branch) -> Mask:
    """Points outside the spheres of the junctions at both ends, and away from cut ends."""
    s = branch.arc
    # A cut end's cap presses the line and the sphere for about one radius.
    cap = 1.2 * float(np.nanmedian(branch.inscribed))
    start, end = cap, cap
    if branch.parent is not None:
        # The daughter's line starts inside the parent: free beyond the junction's own sphere.
        start = 1.5 * float(np.nanmax([tree[branch.parent].inscribed[-1], branch.inscribed[0]]))
    if tree.daughters(branch.name):
        end = 1.5 * float(branch.inscribed[-1])
    return (s >= start) & (s <= s[-1] - end)


def lesions(tree: Tree) -> list[Lesion]:
    """Stenoses of 20 % diameter or more and aneurysms of 1.5 times the normal diameter."""
    found: list[Lesion] = []
    for b in tree.branches:
        normal, _ = reference(tree, b)
        use = free(tree, b)
        if not np.isfinite(normal).all() or (normal <= 0).any():
            continue
        b = replace(b, radius=np.where(_unseen(b, tree.resolution), tree.resolution, b.radius))
        ratio = np.where(use, b.radius / normal, 1.0)
        ratio = np.where(np.isfinite(ratio), ratio, 1.0)
        found += _stretches(b, normal, ratio, 1 - ratio >= STENOSIS, "stenosis", tree.resolution)
        wide = ratio >= ANEURYSM
        if b.parent is not None and use.any():
            # The funnel by which a daughter leaves its parent is no aneurysm: that has a normal neck before it.
            first = int(np.argmax(use))
            wide[: first + int(np.argmin(np.append(ratio[first:] > 1.05, False)))] = False
        found += _stretches(b, normal, ratio, wide, "aneurysm", 0.0)
    return found


def seen_radius(b: Branch, resolution: float) -> Array:
    """Radius at every point: in a throat finer than the image shows its limit, elsewhere between the neighbours."""
    radius = np.where(_unseen(b, resolution), resolution, b.radius)
    known = np.isfinite(radius)
    return np.interp(b.arc, b.arc[known], radius[known])


def _unseen(b: Branch, resolution: float) -> Mask:
    """Points without a radius between points that have one, where the vessel is finer than the image shows."""
    known = np.isfinite(b.radius)
    at = np.flatnonzero(known)
    between = (np.arange(len(known)) > at[0]) & (np.arange(len(known)) < at[-1])
    return between & ~known & (b.inscribed < resolution)


def _stretches(b: Branch, normal: Array, ratio: Array, hit: Mask, kind: str, limit: float) -> list[Lesion]:
    from scipy.ndimage import label

    parts, count = label(hit)
    s, out = b.arc, []
    for k in range(1, count + 1):
        at = np.flatnonzero(parts == k)
        if len(at) < 2:
            continue
        worst = at[np.argmax(np.abs(1 - ratio[at]))]
        low, high = _extent(ratio, worst)
        weight = np.abs(1 - ratio[low : high + 1])
        middle = float(np.average(s[low : high + 1], weights=weight**4))
        extreme, usual = float(b.radius[worst]), float(normal[worst])
        hidden = limit > 0 and extreme <= limit
        out.append(Lesion(b.name, kind, middle, float(s[low]), float(s[high]), extreme, usual, hidden))
    return out


def _extent(ratio: Array, worst: int) -> tuple[int, int]:
    """From the worst point to where the calibre is within 5 % of normal."""
    off = np.abs(1 - ratio) > 0.05
    low = high = worst
    while low > 0 and off[low - 1]:
        low -= 1
    while high < len(ratio) - 1 and off[high + 1]:
        high += 1
    return low, high


def from_profile(name: str, arc: ArrayLike, diameter: ArrayLike) -> Tree:
    """A straight one-branch tree from a measured diameter profile (quantitative angiography), mm."""
    s, r = np.asarray(arc, float), np.asarray(diameter, float) / 2
    return Tree((Branch("1", None, np.column_stack([s, 0 * s, 0 * s]), r, r, name),), "diameter profile")
