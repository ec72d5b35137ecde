"""What the page says about a headset, in both languages (assets/web/scene/src/xr.js)."""

from twin_engine.text import tr


def words() -> list[str]:
    """Every text in English, the key of the catalogue."""
    lang = "en"
    return [
        tr("Enter VR", lang),
        tr("Leave VR", lang),
        tr("Sit here", lang),
        tr("Look at: {thing}", lang),
        tr("Buffer: the headset's own pixels", lang),
        tr("Buffer: the headset's default", lang),
        tr("Buffer: coarse, for weak machines", lang),
        tr("VR needs https, or this computer itself: serve the page with --lan.", lang),
        tr("iPhone and iPad have no WebXR: the page works here without VR.", lang),
        tr("Firefox has no WebXR: for VR use Chrome, or the headset's own browser.", lang),
        tr("This browser has no WebXR: for VR use Chrome, or the headset's own browser.", lang),
        tr("The page around this one forbids VR: open this one by itself.", lang),
        tr("No headset answers: connect one, or open this page in the headset's browser.", lang),
        tr("The headset did not start: wake it and press again.", lang),
        tr("The graphics were interrupted: press again to go back into VR.", lang),
    ]
