"""A night drive wiped before and after the lens, as this person's eye sees it."""

import base64
from typing import Any

from avatars.avatar import Avatar
from twin_engine import assets
from twin_engine.panels import Panel
from twin_engine.text import tr

ORDER = 3
_WORDS = ("without the lens", "with the lens", "wipe", "decimal acuity far away", "{low} without, {high} with the lens")
# Drawn beforehand, so that the page needs no graphics library; assets/demo/make_night.sh has the call.
_PICTURES = {"before": "demo/night_before.jpg", "after": "demo/night_after.jpg"}


def build(person: Avatar) -> Panel:
    """The two pictures, this person's prescription and the acuity that its blur leaves."""
    from vision_lib.acuity import blur_strength, logmar, to_decimal
    from vision_lib.refraction import Refraction

    coded = {key: base64.b64encode(assets.path(name).read_bytes()).decode() for key, name in _PICTURES.items()}
    data: dict[str, Any] = {key: f"data:image/jpeg;base64,{text}" for key, text in coded.items()}
    blur = blur_strength(*Refraction.parse(str(person["refraction"].value)).power_vector())
    data["acuity"] = [round(float(to_decimal(logmar(b))), 2) for b in (blur, 0.0)]
    data["rx"] = str(person["refraction"].value).replace("-", "−")
    return Panel("night", tr("A night drive before and after the lens"),
                 tr("Pull the line across: left as this eye sees without its lens, right with it. Glare and blur are "
                    "computed from the eye's optics."),
                 tr("A picture on a screen cannot be sharper than the screen; the viewer's own eye adds to it. "
                    "Acuity by day from blur alone (Blendowske 2015)."),
                 data, _WORDS)  # fmt: skip
