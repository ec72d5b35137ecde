"""The runtime's side of a headset: images of an eye, the controller, and the join to the graphics context."""

import ctypes
import sys
from typing import TYPE_CHECKING, Any

from twin_engine.errors import InputError

if TYPE_CHECKING:
    from scenes.stage import Stage

GL_SRGB8_ALPHA8, GL_RGBA8, GL_TEXTURE_2D = 0x8C43, 0x8058, 0x0DE1
# Interaction profiles: the one every runtime has, and the common controller.
PROFILES = {
    "/interaction_profiles/khr/simple_controller": ("select/click", "menu/click"),
    "/interaction_profiles/oculus/touch_controller": ("trigger/value", "a/click"),
}


class EyeTarget:
    """The images that the runtime shows to one eye."""

    def __init__(self, xr: Any, session: Any, width: int, height: int) -> None:
        offered = list(xr.enumerate_swapchain_formats(session))
        # The picture already holds sRGB codes; an sRGB image shows them as they are, copied bit by bit.
        chosen = next((f for f in (GL_SRGB8_ALPHA8, GL_RGBA8) if f in offered), None)
        if chosen is None:
            raise InputError("the headset's runtime lacks an image format", "OpenXR", offered, "RGBA with 8 bits",
                             "use another runtime")  # fmt: skip
        usage = xr.SwapchainUsageFlags.COLOR_ATTACHMENT_BIT | xr.SwapchainUsageFlags.TRANSFER_DST_BIT
        self.size = (int(width), int(height))
        self.swapchain = xr.create_swapchain(session, xr.SwapchainCreateInfo(
            usage_flags=usage, format=chosen, sample_count=1, width=self.size[0], height=self.size[1],
            face_count=1, array_size=1, mip_count=1))  # fmt: skip
        images = xr.enumerate_swapchain_images(self.swapchain, xr.SwapchainImageOpenGLKHR)
        self.images = [i.image for i in images]

    def whole(self, xr: Any) -> Any:
        """The whole image as a sub-image."""
        extent = xr.Extent2Di(*self.size)
        return xr.SwapchainSubImage(swapchain=self.swapchain, image_rect=xr.Rect2Di(xr.Offset2Di(0, 0), extent))


class Controls:
    """The right hand's ray, its trigger (moves the wipe) and its button (before, wipe, after); the left hand's too.

    Attributes
    ----------
    ray : pose or None
        Where the controller points; None while it is not tracked.
    held, switched : bool
        Trigger held; button pressed since the last frame.
    left, left_held, left_switched
        The same of the left hand.
    """

    def __init__(self, xr: Any, instance: Any, session: Any) -> None:
        self.xr, self.session = xr, session
        self.ray: Any = None
        self.held = self.switched = False
        self.left: Any = None
        self.left_held = self.left_switched = False
        self.actions = xr.create_action_set(instance, xr.ActionSetCreateInfo("seeing", "Seeing"))
        kinds = xr.ActionType

        def action(name: str, kind: Any) -> Any:
            return xr.create_action(self.actions, xr.ActionCreateInfo(
                action_name=name, action_type=kind, localized_action_name=name))  # fmt: skip

        self.aim = action("ray", kinds.POSE_INPUT)
        self.hold, self.switch = action("wipe", kinds.BOOLEAN_INPUT), action("lens", kinds.BOOLEAN_INPUT)
        self.left_aim = action("left_ray", kinds.POSE_INPUT)
        self.left_hold, self.left_switch = (action(n, kinds.BOOLEAN_INPUT) for n in ("left_hold", "left_switch"))
        sides = (("right", self.aim, self.hold, self.switch), ("left", self.left_aim, self.left_hold, self.left_switch))
        for profile, (trigger, button) in PROFILES.items():
            # The left controller's lower button is X where the right one's is A.
            buttons = {"right": button, "left": button.replace("a/", "x/")}
            bindings = [xr.ActionSuggestedBinding(a, xr.string_to_path(instance, f"/user/hand/{side}/input/{p}"))
                        for side, aim, hold, switch in sides
                        for a, p in ((aim, "aim/pose"), (hold, trigger), (switch, buttons[side]))]  # fmt: skip
            xr.suggest_interaction_profile_bindings(instance, xr.InteractionProfileSuggestedBinding(
                interaction_profile=xr.string_to_path(instance, profile), suggested_bindings=bindings))  # fmt: skip
        xr.attach_session_action_sets(session, xr.SessionActionSetsAttachInfo(action_sets=[self.actions]))
        self.space, self.left_space = (xr.create_action_space(session, xr.ActionSpaceCreateInfo(action=a))
                                       for a in (self.aim, self.left_aim))  # fmt: skip

    def update(self, base: Any, time: Any) -> None:
        """Read the controller for a display time."""
        xr = self.xr
        xr.sync_actions(self.session, xr.ActionsSyncInfo(active_action_sets=[xr.ActiveActionSet(self.actions)]))

        def state(action: Any) -> Any:
            return xr.get_action_state_boolean(self.session, xr.ActionStateGetInfo(action))

        def down(action: Any) -> bool:
            found = state(action)
            return bool(found.is_active and found.current_state)

        def pressed(action: Any) -> bool:
            return down(action) and bool(state(action).changed_since_last_sync)

        def pose(space: Any) -> Any:
            where = xr.locate_space(space, base, time)
            return where.pose if where.location_flags & xr.SpaceLocationFlags.ORIENTATION_VALID_BIT else None

        self.held, self.switched, self.ray = down(self.hold), pressed(self.switch), pose(self.space)
        self.left_held, self.left_switched = down(self.left_hold), pressed(self.left_switch)
        self.left = pose(self.left_space)

    def hands(self) -> tuple[tuple[Any, bool, bool], ...]:
        """Left and right: pose or None, trigger held, button pressed since the last frame."""
        return (self.left, self.left_held, self.left_switched), (self.ray, self.held, self.switched)


class Binding:
    """The join between runtime and graphics context; a test brings its own.

    Parameters
    ----------
    stage : Stage
        Whose context it is.
    platform : str
        "egl", "glx" or "wgl".
    """

    def __init__(self, stage: "Stage", platform: str) -> None:
        self.stage, self.platform = stage, platform

    def extensions(self, xr: Any) -> list[str]:
        """Extensions the session needs."""
        wanted = [xr.KHR_OPENGL_ENABLE_EXTENSION_NAME]
        return wanted + ([xr.MNDX_EGL_ENABLE_EXTENSION_NAME] if self.platform == "egl" else [])

    def check(self, xr: Any, instance: Any, system: Any) -> None:
        """OpenXR asks for the graphics requirements to be read before a session is made."""
        pointer = ctypes.cast(
            xr.get_instance_proc_addr(instance, "xrGetOpenGLGraphicsRequirementsKHR"),
            xr.PFN_xrGetOpenGLGraphicsRequirementsKHR,
        )
        xr.check_result(pointer(instance, system, ctypes.byref(xr.GraphicsRequirementsOpenGLKHR())))

    def graphics(self, xr: Any) -> Any:
        """The present context as the runtime wants it."""
        if self.platform == "egl":
            from OpenGL import EGL

            return ctypes.pointer(xr.GraphicsBindingEGLMNDX(
                display=EGL.eglGetCurrentDisplay(), context=EGL.eglGetCurrentContext()))  # fmt: skip
        if self.platform == "glx":
            from OpenGL import GLX

            return ctypes.pointer(xr.GraphicsBindingOpenGLXlibKHR(
                x_display=GLX.glXGetCurrentDisplay(), glx_drawable=GLX.glXGetCurrentDrawable(),
                glx_context=GLX.glXGetCurrentContext()))  # fmt: skip
        from OpenGL import WGL

        return ctypes.pointer(xr.GraphicsBindingOpenGLWin32KHR(
            h_dc=WGL.wglGetCurrentDC(), h_glrc=WGL.wglGetCurrentContext()))  # fmt: skip

    def session_state(self, xr: Any, event: Any) -> Any:
        """The new state in a session event."""
        changed = ctypes.cast(ctypes.byref(event), ctypes.POINTER(xr.EventDataSessionStateChanged)).contents
        return changed.state

    def pointers(self, layers: list[Any]) -> list[Any]:
        """Layers as the runtime wants them."""
        return [ctypes.byref(one) for one in layers]

    def copy(self, texture: Any, image: int, size: tuple[int, int]) -> None:
        """Copy a finished picture into the runtime's image, through an 8-bit texture."""
        from OpenGL import GL

        source = texture.prepare_now(0, self.stage.host.get_gsg().get_prepared_objects(), self.stage.host.get_gsg())
        frames = GL.glGenFramebuffers(2)
        for target, frame, name in ((GL.GL_READ_FRAMEBUFFER, frames[0], source.get_native_id()),
                                    (GL.GL_DRAW_FRAMEBUFFER, frames[1], image)):  # fmt: skip
            GL.glBindFramebuffer(target, frame)
            GL.glFramebufferTexture2D(target, GL.GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, name, 0)
        # Codes are sRGB already: they are written as they are.
        GL.glDisable(GL.GL_FRAMEBUFFER_SRGB)
        GL.glBlitFramebuffer(0, 0, *size, 0, 0, *size, GL.GL_COLOR_BUFFER_BIT, GL.GL_NEAREST)
        GL.glDeleteFramebuffers(2, frames)


def native_binding(stage: "Stage") -> Binding:
    """The binding of this machine: WGL on Windows, EGL without a window, GLX with one."""
    if sys.platform == "win32":
        return Binding(stage, "wgl")
    return Binding(stage, "egl" if "egl" in stage.pipe.get_interface_name().lower() else "glx")
