"""The picture chain on the graphics card: layers, eye blur, composition.

For every layer, near to far: draw the scene with the layer's tent weight, blur it along one axis (all
products at once), blur it across and put it behind what is there. One set of buffers serves all layers.
The equal chain in NumPy is `scenes.reference`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from panda3d.core import Texture

from scenes import layers
from scenes.kernels import Bank, FullBank, Taps
from scenes.passes import BLUR, COMPOSE, REDUCE, Pass, program, texture_of
from scenes.reference import directions
from scenes.scene import View
from scenes.stage import Stage, Target, pixels

Array = NDArray[Any]
# Guard bands come in steps, so that before and after share their buffers.
GUARD_STEP = 16
# Samples a pixel in each direction: against a truth of 220 points of the pupil, sharp edges that alias cost more than
# anything the blur does (2 x 2: 41.1 dB, 3 x 3: 41.9 dB at 12.5 px/deg; 48.4 and 52.0 dB at 25 px/deg).
SAMPLES, LIGHT_SAMPLES = 3, 2


class Chain:
    """Buffers for one picture size and number of products.

    Parameters
    ----------
    stage : Stage
        With a place on it.
    size : (width, height)
        Pixels with the guard band.
    rank : int
        Products a kernel at most.
    samples : int
        Samples a pixel in each direction.
    """

    def __init__(self, stage: Stage, size: tuple[int, int], rank: int, samples: int) -> None:
        self.stage, self.size, self.rank, self.samples = stage, size, rank, samples
        width, height = size
        self.target = Target(stage, "layer", (width * samples, height * samples), sort=10)
        self.reduce = Pass(stage, "reduce", size, 11, program(REDUCE))
        self.blur = Pass(stage, "blur", (width, height * rank), 12, program(BLUR, "taps.glsl", "blur.glsl"))
        body = program(COMPOSE, "taps.glsl", "compose.glsl")
        self.sums = [Pass(stage, f"sum{i}", size, 13, body) for i in range(2)]
        self.nothing = texture_of("nothing", np.zeros((height, width, 4), np.float32))
        self.reduce.give(fine=self.target.colour, samples=(samples, samples))
        self.blur.give(layer=self.reduce.first)
        for one in self.sums:
            one.give(colour_stack=self.blur.first, cover_stack=self.blur.second)
        self.target.buffer.set_active(False)
        self._taps: Taps | None = None

    def run(self, view: View, borders: tuple[float, float, float, float], bank: Bank | FullBank, taps: Taps,
            columns: tuple[int, int] | None = None) -> Pass:  # fmt: skip
        """Draw the picture; the pass holds its colour (`first`) and coverage (`second`).

        Parameters
        ----------
        view : View
            The eye.
        borders : (left, right, bottom, top)
            Tangents with the guard band.
        bank, taps
            The kernels, and the same on this picture's pixels.
        columns : (first, end), optional
            Draw only these; what the others hold is left over from before.
        """
        self._load(taps)
        left, right, bottom, top = borders
        field = (left, bottom, (right - left) / self.size[0], (top - bottom) / self.size[1])
        first, end = columns or (0, self.size[0])
        self.target.aim(view, (left + first * field[2], left + end * field[2], bottom, top))
        for region in (self.target.region, *(p.region for p in (self.reduce, self.blur, *self.sums))):
            region.set_dimensions(first / self.size[0], end / self.size[0], 0.0, 1.0)
        tents = layers.tents(bank.nodes_d)
        done = None
        self._activate(True)
        for i, node in enumerate(reversed(range(len(tents)))):
            tent = tents[node]
            self.target.layer(tent.below, tent.node, tent.above)
            into, other = self.sums[i % 2], self.sums[1 - i % 2]
            self._plan(taps, node, field)
            into.give(before_colour=done.first if done else self.nothing,
                      before_cover=done.second if done else self.nothing)  # fmt: skip
            into.buffer.set_active(True)
            other.buffer.set_active(False)
            if i == 0:
                self.stage.draw(view)
                for mirror in self.stage.mirrors:
                    mirror.target.buffer.set_active(False)
            else:
                self.stage.engine.render_frame()
            done = into
        self._activate(False)
        assert done is not None
        return done

    def _activate(self, on: bool) -> None:
        for buffer in (self.target.buffer, self.reduce.buffer, self.blur.buffer):
            buffer.set_active(on)
        if not on:
            for one in self.sums:
                one.buffer.set_active(False)

    def _load(self, taps: Taps) -> None:
        if self._taps is taps:
            return
        self._taps = taps
        texture = tap_texture(taps)
        for one in (self.blur, *self.sums):
            one.give(taps=texture, size=self.size)

    def _plan(self, taps: Taps, node: int, field: tuple[float, float, float, float]) -> None:
        count, rank, middle = taps.along.shape[0], taps.along.shape[1], taps.along.shape[2] // 2
        along, across = directions(taps.angle_rad)
        first = node * rank
        self.blur.give(plan=(first, rank, middle, int(taps.halves[node, 0])), field=field,
                       direction=(float(along[0]), float(-along[1])))  # fmt: skip
        for one in self.sums:
            one.give(plan=(count * rank + first, rank, middle, int(taps.halves[node, 1])), field=field,
                     direction=(float(across[0]), float(-across[1])))  # fmt: skip

    def close(self) -> None:
        """Free every buffer."""
        self.target.close()
        for one in (self.reduce, self.blur, *self.sums):
            one.close()


def tap_texture(taps: Taps) -> Texture:
    """Factors as a texture: one row a factor, first all along, then all across."""
    count, rank, width, _ = taps.along.shape
    rows = np.concatenate([taps.along.reshape(count * rank, width, 3), taps.across.reshape(count * rank, width, 3)])
    return texture_of("taps", rows)


class Pipeline:
    """Pictures of a place through an eye.

    Parameters
    ----------
    stage : Stage
        With a place on it.
    samples : int
        Samples a pixel in each direction.
    """

    def __init__(self, stage: Stage, samples: int = SAMPLES) -> None:
        self.stage, self.samples = stage, samples
        self._chains: dict[tuple[int, int, int], Chain] = {}

    def vergences(self, view: View, size: tuple[int, int]) -> tuple[float, float]:
        """Smallest and largest vergence in a view, 1/m."""
        small = max(size[0] // 3, 64), max(size[1] // 3, 48)
        return layers.vergences(self.stage.render(view, small, samples=1).distance)

    def see(self, view: View, size: tuple[int, int], bank: Bank | FullBank) -> Array:
        """The picture (height, width, 3) through these kernels, linear light in cd/m2."""
        width, height = size
        taps = bank.taps(view.pixels_per_degree(width, height))
        guard = -(-taps.reach // GUARD_STEP) * GUARD_STEP
        done = self.chain(size, guard, taps.along.shape[1]).run(view, wider(view, size, guard), bank, taps)
        colour, cover = (self._read(t)[..., :3] for t in (done.first, done.second))
        whole = colour / np.maximum(cover, 1e-6)
        return whole[guard : guard + height, guard : guard + width]

    def chain(self, size: tuple[int, int], guard: int, rank: int) -> Chain:
        """Buffers for this picture, kept for the next one."""
        key = (size[0] + 2 * guard, size[1] + 2 * guard, rank)
        if key not in self._chains:
            self.forget()
            self._chains[key] = Chain(self.stage, key[:2], rank, self.samples)
        return self._chains[key]

    def _read(self, texture: Texture) -> Array:
        self.stage.engine.extract_texture_data(texture, self.stage.host.get_gsg())
        image = pixels(texture).copy()
        # A texture that keeps its image in memory would be uploaded over what is drawn into it next.
        texture.clear_ram_image()
        return image

    def forget(self) -> None:
        """Free every buffer."""
        for chain in self._chains.values():
            chain.close()
        self._chains.clear()


def wider(view: View, size: tuple[int, int], guard: int) -> tuple[float, float, float, float]:
    """Borders of a view with a guard band of so many pixels around it."""
    width, height = size
    left, right, bottom, top = view.borders(width, height)
    dx, dy = (right - left) / width * guard, (top - bottom) / height * guard
    return left - dx, right + dx, bottom - dy, top + dy
