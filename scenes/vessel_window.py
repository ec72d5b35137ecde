"""The rehearsal in a window: arrow keys or a gamepad's left stick push and turn, space injects, D deploys."""

from typing import Any

import numpy as np

from scenes.vessel_rehearsal import FASTEST, FRAMES, TURN, Rehearsal
from twin_engine.errors import InputError
from twin_engine.text import tr


def show(case: Rehearsal, procedure: str, diameter_mm: float, frames: int | None = None) -> None:
    """Run until the window closes, or for a number of frames."""
    from direct.gui.OnscreenText import OnscreenText
    from direct.showbase.ShowBase import ShowBase
    from panda3d.core import CardMaker, InputDevice, Texture

    base = ShowBase(windowType="onscreen" if frames is None else "offscreen")
    picture = Texture("fluoroscopy")
    picture.setup_2d_texture(case.arm.pixels, case.arm.pixels, Texture.T_unsigned_byte, Texture.F_luminance)
    maker = CardMaker("screen")
    maker.set_frame(-1, 1, -1, 1)
    card = base.aspect2d.attach_new_node(maker.generate())
    card.set_texture(picture)
    base.set_background_color(0, 0, 0, 1)
    line = OnscreenText("", pos=(-0.95, -0.95), scale=0.05, fg=(1, 1, 1, 1), align=0, mayChange=True)
    down: dict[str, bool] = {}
    for key in ("arrow_up", "arrow_down", "arrow_left", "arrow_right"):
        base.accept(key, down.__setitem__, [key, True])
        base.accept(f"{key}-up", down.__setitem__, [key, False])
    base.accept("space", case.inject)
    base.accept("d", lambda: _deploy(case, procedure, diameter_mm, line))
    count = 0
    while (frames is None and base.win is not None and not base.win.is_closed()) or (frames and count < frames):
        push = float(down.get("arrow_up", False)) - float(down.get("arrow_down", False))
        turn = float(down.get("arrow_right", False)) - float(down.get("arrow_left", False))
        for pad in base.devices.get_devices(InputDevice.DeviceClass.gamepad):
            push += _axis(pad, InputDevice.Axis.left_y)
            turn += _axis(pad, InputDevice.Axis.left_x)
        case.hand(push * FASTEST / 2, turn * TURN / 2, 1 / FRAMES)
        grey = np.round(255 * case.frame()).astype(np.uint8)
        picture.set_ram_image_as(np.ascontiguousarray(grey[::-1]).tobytes(), "L")
        line.setText(
            tr(
                "{time} s, contrast {ml} mL, {mm} mm to the target",
                time=round(case.time, 1),
                ml=round(case.contrast_ml, 1),
                mm=round(case.distance_mm(), 1),
            )
        )
        base.task_mgr.step()
        count += 1
    base.destroy()


def _axis(pad: Any, axis: Any) -> float:
    value = float(pad.find_axis(axis).value)
    return value if abs(value) > 0.15 else 0.0


def _deploy(case: Rehearsal, procedure: str, diameter_mm: float, line: Any) -> None:
    try:
        case.deploy(procedure, diameter_mm=diameter_mm)
    except InputError as error:
        line.setText(str(error))
