"""A headset by OpenXR: an adapter of our own over pyopenxr, loaded only when asked for.

It follows the runtime through all session states, draws every eye for the predicted display time into the
runtime's images, moves the wipe with the controller's ray, and ends cleanly when the session stops or is lost.
OpenXR's axes (x right, y up, -z ahead) become the house's (x right, y ahead, z up) here and nowhere else.
"""

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from scenes import calibration, first_screen, render
from scenes.live import Live, azimuth
from scenes.live_plain import Plain, live_for
from scenes.scene import Hand, Scene, View
from scenes.stage import Stage
from scenes.xr_device import Binding, Controls, EyeTarget
from twin_engine.errors import InputError
from twin_engine.text import tr

INFINITE_NS = 0x7FFFFFFFFFFFFFFF  # XR_INFINITE_DURATION


class Headset:
    """One OpenXR session.

    Parameters
    ----------
    xr : module
        pyopenxr, or what stands for it in a test.
    binding : Binding
        Joins the runtime to the graphics context, and copies finished pictures into its images.

    Raises
    ------
    InputError
        No runtime, no headset, or a runtime without OpenGL.
    """

    def __init__(self, xr: Any, binding: Binding) -> None:
        self.xr, self.binding = xr, binding
        self.instance = self._instance()
        try:
            self.system = xr.get_system(self.instance, xr.SystemGetInfo(xr.FormFactor.HEAD_MOUNTED_DISPLAY))
        except xr.exception.FormFactorUnavailableError:
            raise no_headset("no headset answers") from None
        binding.check(xr, self.instance, self.system)
        self.session = xr.create_session(
            self.instance, xr.SessionCreateInfo(system_id=self.system, next=binding.graphics(xr))
        )
        self.space = xr.create_reference_space(
            self.session, xr.ReferenceSpaceCreateInfo(xr.ReferenceSpaceType.LOCAL)
        )
        self.controls = Controls(xr, self.instance, self.session)
        self.state = xr.SessionState.UNKNOWN
        self.running = self.done = False
        self.recentred = 0
        self.stereo = xr.ViewConfigurationType.PRIMARY_STEREO
        sizes = xr.enumerate_view_configuration_views(self.instance, self.system, self.stereo)
        self.eyes = [EyeTarget(xr, self.session, v.recommended_image_rect_width, v.recommended_image_rect_height)
                     for v in sizes]  # fmt: skip

    def _instance(self) -> Any:
        xr = self.xr
        try:
            offered = {p.extension_name.decode() for p in xr.enumerate_instance_extension_properties()}
            wanted = self.binding.extensions(xr)
            missing = [w for w in wanted if w not in offered]
            if missing:
                raise InputError("the headset's runtime lacks a graphics binding", "OpenXR", ", ".join(missing),
                                 ", ".join(wanted),
                                 "use a runtime with OpenGL, for example Monado or SteamVR")  # fmt: skip
            return xr.create_instance(xr.InstanceCreateInfo(
                application_info=xr.ApplicationInfo(application_name="twin", engine_name="twin"),
                enabled_extension_names=wanted))  # fmt: skip
        except xr.exception.RuntimeUnavailableError:
            raise no_headset("no OpenXR runtime") from None

    @property
    def size(self) -> tuple[int, int]:
        """Pixels the runtime recommends for an eye."""
        return self.eyes[0].size

    def poll(self) -> None:
        """Follow the session's states and the person's wish to recentre."""
        xr = self.xr
        while True:
            try:
                event = xr.poll_event(self.instance)
            except xr.exception.EventUnavailable:
                return
            kind = xr.StructureType(event.type)
            if kind == xr.StructureType.EVENT_DATA_SESSION_STATE_CHANGED:
                self._enter(xr.SessionState(self.binding.session_state(xr, event)))
            elif kind == xr.StructureType.EVENT_DATA_REFERENCE_SPACE_CHANGE_PENDING:
                self.recentred += 1
            elif kind == xr.StructureType.EVENT_DATA_INSTANCE_LOSS_PENDING:
                self._lose()

    def _enter(self, state: Any) -> None:
        states = self.xr.SessionState
        self.state = state
        if state == states.READY:
            self.xr.begin_session(self.session, self.xr.SessionBeginInfo(self.stereo))
            self.running = True
        elif state == states.STOPPING:
            self.running = False
            self.xr.end_session(self.session)
        elif state == states.EXITING:
            self.done = True
        elif state == states.LOSS_PENDING:
            self._lose()

    def _lose(self) -> None:
        self.running, self.done = False, True
        raise InputError("the headset's session was lost", "OpenXR", str(self.state), "a session that stays",
                         "wake the headset, check its cable or link, and start again")  # fmt: skip

    def frame(self, draw: Callable[[int, Any, Any], Any]) -> bool:
        """One frame: `draw(eye, pose, fov)` returns the finished texture; whether anything was shown."""
        xr = self.xr
        state = xr.wait_frame(self.session, xr.FrameWaitInfo())
        xr.begin_frame(self.session, xr.FrameBeginInfo())
        layers = []
        if state.should_render:
            _, views = xr.locate_views(
                self.session, xr.ViewLocateInfo(self.stereo, state.predicted_display_time, self.space)
            )
            self.controls.update(self.space, state.predicted_display_time)
            shown = [self._show(eye, view, draw(i, view.pose, view.fov))
                     for i, (eye, view) in enumerate(zip(self.eyes, views, strict=True))]  # fmt: skip
            layers = [xr.CompositionLayerProjection(space=self.space, views=shown)]
        xr.end_frame(self.session, xr.FrameEndInfo(
            display_time=state.predicted_display_time, environment_blend_mode=xr.EnvironmentBlendMode.OPAQUE,
            layers=self.binding.pointers(layers)))  # fmt: skip
        return bool(layers)

    def _show(self, eye: EyeTarget, view: Any, texture: Any) -> Any:
        xr = self.xr
        index = xr.acquire_swapchain_image(eye.swapchain, xr.SwapchainImageAcquireInfo())
        xr.wait_swapchain_image(eye.swapchain, xr.SwapchainImageWaitInfo(INFINITE_NS))
        self.binding.copy(texture, eye.images[index], eye.size)
        xr.release_swapchain_image(eye.swapchain, xr.SwapchainImageReleaseInfo())
        return xr.CompositionLayerProjectionView(pose=view.pose, fov=view.fov, sub_image=eye.whole(xr))

    def leave(self) -> None:
        """Ask the runtime to end the session."""
        self.xr.request_exit_session(self.session)

    def close(self) -> None:
        """Free everything of the runtime."""
        self.xr.destroy_instance(self.instance)


def no_headset(what: str) -> InputError:
    """The error of a machine without a headset."""
    return InputError("no headset", "OpenXR", what, "a running OpenXR runtime with a headset",
                      "connect and wake the headset, start its runtime (XR_RUNTIME_JSON names it), "
                      "or use --window")  # fmt: skip


def rotate(q: Any, v: Any) -> np.ndarray:
    """A vector turned by a quaternion (x, y, z, w)."""
    u, w = np.array([q.x, q.y, q.z]), q.w
    v = np.asarray(v, float)
    return v + 2.0 * np.cross(u, np.cross(u, v) + w * v)


def ours(v: Any) -> np.ndarray:
    """OpenXR's axes to the house's: (x, y, z) -> (x, -z, y)."""
    return np.array([v[0], -v[2], v[1]])


def eye_view(seat: View, pose: Any, fov: Any) -> View:
    """The view of one eye: the runtime's pose counted from the seat, its asymmetric field."""
    turn = _facing(seat)
    moved = turn @ ours((pose.position.x, pose.position.y, pose.position.z))
    ahead, up = (turn @ ours(rotate(pose.orientation, v)) for v in ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0)))
    position = np.array(seat.position, float) + moved
    tangents = tuple(math.tan(a) for a in (fov.angle_left, fov.angle_right, fov.angle_down, fov.angle_up))
    return View(tuple(position), tuple(position + ahead), up=tuple(up), tangents=tangents)  # type: ignore[arg-type]


def _facing(seat: View) -> np.ndarray:
    """Rotation from the house's axes to the seat's straight ahead."""
    yaw = azimuth(np.array(seat.target, float) - np.array(seat.position, float), (0.0, 1.0, 0.0))
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def from_seat(seat: View, position: tuple[float, float, float]) -> np.ndarray:
    """A place counted from the seat, in the world, m."""
    return np.array(seat.position, float) + _facing(seat) @ np.asarray(position, float)


def where(pose: Any) -> np.ndarray:
    """Position of a pose in the house's axes, m."""
    return ours((pose.position.x, pose.position.y, pose.position.z))


def ray_azimuth(pose: Any) -> float:
    """Azimuth of a controller's ray from the seat's straight ahead, radians."""
    return azimuth(ours(rotate(pose.orientation, (0.0, 0.0, -1.0))), (0.0, 1.0, 0.0))


def run(headset: Headset, live: Live | Plain, seconds: float = math.inf, rate_hz: float = 72.0,
        until: Callable[[], bool] = lambda: False) -> int:  # fmt: skip
    """Show a place until the session ends, or `until` says so; the number of frames shown."""
    shown = 0
    while not headset.done and shown < seconds * rate_hz and not until():
        headset.poll()
        if not headset.running:
            continue

        eyes: list[Any] = []
        views: list[View] = []

        def draw(eye: int, pose: Any, fov: Any, eyes: list[Any] = eyes, views: list[View] = views) -> Any:
            eyes.append(where(pose))
            views.append(eye_view(live.seat, pose, fov))
            return live.draw(views[-1])

        shown += headset.frame(draw)
        pressed = headset.controls
        if eyes:
            head = np.mean(eyes, axis=0)
            live.scene.tracked(tuple(head), None if pressed.ray is None else tuple(where(pressed.ray)))
            live.scene.handed([None if pose is None else Hand(tuple(where(pose)), held, switched)
                               for pose, held, switched in pressed.hands()])  # fmt: skip
        if pressed.ray is not None and pressed.held:
            live.state.wipe_rad = ray_azimuth(pressed.ray)
        if pressed.switched:
            live.state.mode = (live.state.mode + 1) % 3
        if pressed.left_switched:
            live.next_lens()
        if views:
            live.follow(views[0], 1.0 / rate_hz)
        live.scene.update(1.0 / rate_hz)
    return shown


def tell(headset: Headset, live: Live | Plain) -> None:
    """The first screen, sharp, until a trigger or button is pressed; a place not about sight has none."""
    if isinstance(live, Plain):
        return
    seat, white = live.seat, live.scene.light().white
    lines = calibration.first_screen(seat.pixels_per_degree(*headset.size), white, live.wish.display)
    keys = tr("Right hand: trigger moves the wipe, button before, both, after. Left button: next lens. "
              "Press a button to begin.")  # fmt: skip
    board = first_screen.board(live.stage, seat, [*lines, keys], white)
    plain = Plain(live.stage, live.scene, headset.size)
    hands = headset.controls
    run(headset, plain, until=lambda: hands.held or hands.switched or hands.left_switched)
    board.remove_node()
    plain.close()


def show(scene: Scene, wish: render.Wish) -> dict[str, Any]:
    """Show a place in the headset until the person takes it off.

    Raises
    ------
    InputError
        pyopenxr is not installed, or there is no headset.
    """
    # The loader writes its search for a runtime to the terminal; our own error says it in one sentence.
    os.environ.setdefault("XR_LOADER_DEBUG", "none")
    try:
        import xr
    except ImportError:
        raise InputError("pyopenxr is missing", "--headset", None, "the package pyopenxr",
                         "install it: pip install medtwin[headset]") from None  # fmt: skip
    from scenes.xr_device import native_binding

    stage = Stage()
    headset = Headset(xr, native_binding(stage))
    stage.show(scene)
    live = live_for(stage, scene, wish, headset.size)
    try:
        tell(headset, live)
        frames = run(headset, live)
    finally:
        headset.close()
        stage.close()
    resolution = live.seat.pixels_per_degree(*headset.size)
    return {"frames": frames, "renderer": stage.renderer, "pixels_per_degree": resolution,
            "finest_letter_logmar": calibration.finest_letter_logmar(resolution)}  # fmt: skip
