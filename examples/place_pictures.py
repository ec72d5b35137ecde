"""Pictures of the three places as a sharp eye sees them: `python examples/place_pictures.py docs/gallery`."""

import sys
from pathlib import Path

from PIL import Image

from scenes import render, scene, tone, veil

SIZE = (1280, 720)
# File, place, variant, seconds after the start, viewpoint.
PICTURES = (
    ("home_seat", "home", "", 0.0, "seat"),
    ("home_window", "home", "", 0.0, "window"),
    ("home_shelf", "home", "", 0.0, "shelf"),
    ("home_book", "home", "", 0.0, "book"),
    ("office_desk", "office", "", 0.0, "desk"),
    ("office_room", "office", "", 0.0, "room"),
    ("office_meeting", "office", "", 0.0, "meeting"),
    ("driving_day", "driving", "day", 0.0, "ahead"),
    ("driving_street", "driving", "day", 0.0, "street"),
    ("driving_mirror", "driving", "day", 0.0, "left mirror"),
    ("driving_night", "driving", "night", 0.0, "ahead"),
    ("driving_night_street", "driving", "night", 0.0, "street"),
)
LARGEST = 250_000  # bytes of a picture


def save(image: Image.Image, path: Path) -> None:
    """A JPEG, of quality 88 or of what keeps it small."""
    for quality in (88, 84, 80, 75):
        image.save(path, quality=quality, optimize=True)
        if path.stat().st_size <= LARGEST:
            return


def main(folder: Path, only: tuple[str, ...]) -> None:
    """Draw every picture, or those whose name begins with one of `only`."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = None
    for name, place, variant, seconds, view in PICTURES:
        if only and not name.startswith(only):
            continue
        if shown != (place, variant, seconds):
            made = scene.load(place, variant)
            made.update(seconds)
            stage = render.stage_with(made)
            shown = (place, variant, seconds)
        eye = made.viewpoints()[view]
        light = stage.render(eye, SIZE, 3).radiance
        if made.light().night:
            light = veil.with_veil(light, eye.pixels_per_degree(*SIZE), 25.0)
        save(Image.fromarray(tone.display(light, made.light().white)), folder / f"{name}.jpg")


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
