"""Put `assets/` and `examples/` into the wheel, and only there: an editable install reads the checkout itself."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):
    """Copies assets to twin_engine/_assets for a standard build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"]["assets"] = "twin_engine/_assets"
            build_data["force_include"]["examples"] = "trials/_examples"
