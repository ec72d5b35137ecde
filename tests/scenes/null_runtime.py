"""A null OpenXR runtime: what the adapter calls of pyopenxr, obeying the specification's order of calls.

It walks through a script of session states, hands out two eyes' views, and keeps what is submitted.
"""

import math
from enum import IntEnum, IntFlag
from types import SimpleNamespace as Thing
from typing import Any

import numpy as np

from scenes.stage import Stage, pixels
from scenes.xr_device import Binding


class SessionState(IntEnum):
    UNKNOWN, IDLE, READY, SYNCHRONIZED, VISIBLE, FOCUSED, STOPPING, LOSS_PENDING, EXITING = range(9)


class StructureType(IntEnum):
    EVENT_DATA_SESSION_STATE_CHANGED = 1
    EVENT_DATA_REFERENCE_SPACE_CHANGE_PENDING = 2
    EVENT_DATA_INSTANCE_LOSS_PENDING = 3


class Usage(IntFlag):
    COLOR_ATTACHMENT_BIT, TRANSFER_DST_BIT = 1, 2


class ActionType(IntEnum):
    BOOLEAN_INPUT, POSE_INPUT = 1, 4


class EventUnavailable(Exception): ...


class FormFactorUnavailableError(Exception): ...


class RuntimeUnavailableError(Exception): ...


def keep(*names: str) -> Any:
    """A structure of these fields, in order or by name."""
    return staticmethod(lambda *args, **more: Thing(**dict(zip(names, args, strict=False)), **more))


def turned(yaw: float) -> Thing:
    """A pose turned to the left by `yaw`."""
    q = Thing(x=0.0, y=math.sin(yaw / 2), z=0.0, w=math.cos(yaw / 2))
    return Thing(orientation=q, position=Thing(x=0.0, y=0.0, z=0.0))


class NullRuntime:
    """Stands for the module `xr`; `script` lists (frames shown so far, event) in order."""

    SessionState, StructureType, ActionType, SwapchainUsageFlags = SessionState, StructureType, ActionType, Usage
    KHR_OPENGL_ENABLE_EXTENSION_NAME, MNDX_EGL_ENABLE_EXTENSION_NAME = "XR_KHR_opengl_enable", "XR_MNDX_egl_enable"
    FormFactor = Thing(HEAD_MOUNTED_DISPLAY=1)
    ReferenceSpaceType = Thing(LOCAL=2)
    ViewConfigurationType = Thing(PRIMARY_STEREO=2)
    EnvironmentBlendMode = Thing(OPAQUE=1)
    SpaceLocationFlags = Thing(ORIENTATION_VALID_BIT=1)
    SwapchainImageOpenGLKHR = object
    exception = Thing(EventUnavailable=EventUnavailable, FormFactorUnavailableError=FormFactorUnavailableError,
                      RuntimeUnavailableError=RuntimeUnavailableError)  # fmt: skip
    SystemGetInfo, SessionCreateInfo = keep("form_factor"), keep()
    InstanceCreateInfo, ApplicationInfo = keep(), keep()
    ReferenceSpaceCreateInfo, SessionBeginInfo = keep("kind"), keep("views")
    SwapchainCreateInfo, SwapchainImageWaitInfo = keep(), keep("timeout")
    SwapchainImageAcquireInfo = SwapchainImageReleaseInfo = FrameWaitInfo = FrameBeginInfo = keep()
    ViewLocateInfo, CompositionLayerProjection = keep("kind", "time", "space"), keep()
    CompositionLayerProjectionView, FrameEndInfo = keep(), keep()
    SwapchainSubImage, Rect2Di, Offset2Di, Extent2Di = keep(), keep("offset", "extent"), keep("x", "y"), keep("w", "h")
    ActionSetCreateInfo, ActionCreateInfo = keep("name", "title"), keep()
    ActionSuggestedBinding = keep("action", "path")
    InteractionProfileSuggestedBinding, SessionActionSetsAttachInfo = keep(), keep()
    ActionSpaceCreateInfo, ActionsSyncInfo = keep(), keep()
    ActiveActionSet, ActionStateGetInfo = keep("set"), keep("action")

    def __init__(self, script: list[tuple[int, Any]], size: tuple[int, int] = (64, 56), present: bool = True,
                 extensions: tuple[str, ...] = ("XR_KHR_opengl_enable", "XR_MNDX_egl_enable")) -> None:  # fmt: skip
        self.script, self.size, self.present, self.offered = list(script), size, present, extensions
        self.state, self.begun, self.in_frame, self.waited = SessionState.UNKNOWN, False, False, False
        self.frames: list[Any] = []
        self.located: list[int] = []
        self.time, self.exit_asked, self.destroyed = 1000, False, False
        self.head, self.hand, self.left = turned(0.0), turned(0.0), turned(0.0)
        self.pressed = {"wipe": False, "lens": False}

    def enumerate_instance_extension_properties(self) -> list[Any]:
        return [Thing(extension_name=e.encode()) for e in self.offered]

    def create_instance(self, info: Any) -> str:
        return "instance"

    def get_system(self, instance: Any, info: Any) -> int:
        if not self.present:
            raise FormFactorUnavailableError
        return 1

    def create_session(self, instance: Any, info: Any) -> str:
        return "session"

    def create_reference_space(self, session: Any, info: Any) -> str:
        return "local"

    def create_action_space(self, session: Any, info: Any) -> str:
        return str(info.action)

    def create_action_set(self, instance: Any, info: Any) -> Any:
        return info

    def create_action(self, actions: Any, info: Any) -> str:
        return info.action_name

    def string_to_path(self, instance: Any, path: str) -> str:
        assert path.startswith("/")
        return path

    def suggest_interaction_profile_bindings(self, instance: Any, info: Any) -> None: ...

    def attach_session_action_sets(self, session: Any, info: Any) -> None: ...

    def enumerate_view_configuration_views(self, *_: Any) -> list[Any]:
        w, h = self.size
        return [Thing(recommended_image_rect_width=w, recommended_image_rect_height=h)] * 2

    def enumerate_swapchain_formats(self, session: Any) -> list[int]:
        return [0x8C43]

    def create_swapchain(self, session: Any, info: Any) -> Any:
        return Thing(next=0, acquired=None, waited=False)

    def enumerate_swapchain_images(self, swapchain: Any, kind: Any) -> list[Any]:
        return [Thing(image=i) for i in range(3)]

    def poll_event(self, instance: Any) -> Any:
        if not self.script or self.script[0][0] > len(self.frames):
            raise EventUnavailable
        event = self.script.pop(0)[1]
        if isinstance(event, SessionState):
            self.state = event
            return Thing(type=StructureType.EVENT_DATA_SESSION_STATE_CHANGED, state=event)
        return Thing(type=event)

    def begin_session(self, session: Any, info: Any) -> None:
        assert self.state == SessionState.READY and not self.begun
        self.begun = True

    def end_session(self, session: Any) -> None:
        assert self.state == SessionState.STOPPING and self.begun
        self.begun = False

    def request_exit_session(self, session: Any) -> None:
        self.exit_asked = True

    def destroy_instance(self, instance: Any) -> None:
        self.destroyed = True

    def wait_frame(self, session: Any, info: Any) -> Any:
        assert self.begun and not self.waited
        self.waited = True
        self.time += 11
        showing = self.state in (SessionState.VISIBLE, SessionState.FOCUSED)
        return Thing(should_render=showing, predicted_display_time=self.time)

    def begin_frame(self, session: Any, info: Any) -> None:
        assert self.waited and not self.in_frame
        self.in_frame = True

    def locate_views(self, session: Any, info: Any) -> tuple[Any, list[Any]]:
        assert info.time == self.time and info.space == "local"
        self.located.append(info.time)
        views = []
        for side in (-1.0, 1.0):
            pose = Thing(orientation=self.head.orientation, position=Thing(x=0.032 * side, y=0.0, z=0.0))
            wide, narrow = 0.35, 0.28
            left, right = (-wide, narrow) if side < 0 else (-narrow, wide)
            views.append(Thing(pose=pose, fov=Thing(angle_left=left, angle_right=right, angle_up=0.3, angle_down=-0.3)))
        return Thing(), views

    def locate_space(self, space: Any, base: Any, time: int) -> Any:
        return Thing(location_flags=1, pose=self.left if space == "left_ray" else self.hand)

    def sync_actions(self, session: Any, info: Any) -> None: ...

    def get_action_state_boolean(self, session: Any, info: Any) -> Any:
        pressed = self.pressed.get(info.action, False)
        return Thing(is_active=True, current_state=pressed, changed_since_last_sync=pressed)

    def acquire_swapchain_image(self, chain: Any, info: Any) -> int:
        assert chain.acquired is None
        chain.acquired, chain.next = chain.next, (chain.next + 1) % 3
        return chain.acquired

    def wait_swapchain_image(self, chain: Any, info: Any) -> None:
        assert chain.acquired is not None
        chain.waited = True

    def release_swapchain_image(self, chain: Any, info: Any) -> None:
        assert chain.waited
        chain.acquired, chain.waited = None, False

    def end_frame(self, session: Any, info: Any) -> None:
        assert self.in_frame and info.display_time == self.time
        self.in_frame = self.waited = False
        if self.state in (SessionState.VISIBLE, SessionState.FOCUSED):
            assert len(info.layers) == 1 and len(info.layers[0].views) == 2
        self.frames.append(info)


class NullBinding(Binding):
    """Keeps what is copied as arrays."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, "egl")
        self.copied: list[np.ndarray] = []

    def check(self, xr: Any, instance: Any, system: Any) -> None: ...

    def graphics(self, xr: Any) -> None: ...

    def session_state(self, xr: Any, event: Any) -> Any:
        return event.state

    def pointers(self, layers: list[Any]) -> list[Any]:
        return layers

    def copy(self, texture: Any, image: int, size: tuple[int, int]) -> None:
        self.stage.engine.extract_texture_data(texture, self.stage.host.get_gsg())
        self.copied.append(pixels(texture)[..., :3].copy())
        texture.clear_ram_image()
        assert self.copied[-1].shape[:2] == size[::-1]
