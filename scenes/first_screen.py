"""The first screen in a headset: a board of sentences before the wearer, sharp, until a button is pressed."""

import numpy as np
from panda3d.core import CardMaker, LPoint3, LVector3, NodePath
from PIL import Image, ImageDraw, ImageFont

from scenes import upload
from scenes.compare import wrapped
from scenes.scene import View
from scenes.stage import Stage
from twin_engine import assets

AWAY_M, WIDTH_M = 1.5, 1.3
WIDTH_PX, TEXT_PX, MARGIN_PX = 1024, 34, 44
PAPER, INK = (24, 28, 32), (240, 240, 236)


def image(lines: list[str]) -> np.ndarray:
    """The sentences as a picture (height, width, 3) of sRGB codes."""
    font = ImageFont.truetype(str(assets.path("fonts/NotoSansKR-Regular.otf")), TEXT_PX)
    rows = [row for line in lines for row in [*wrapped(line, font, WIDTH_PX - 2 * MARGIN_PX), ""]]
    page = Image.new("RGB", (WIDTH_PX, 2 * MARGIN_PX + round(1.3 * TEXT_PX * len(rows))), PAPER)
    draw = ImageDraw.Draw(page)
    for i, row in enumerate(rows):
        draw.text((MARGIN_PX, MARGIN_PX + 1.3 * TEXT_PX * i), row, INK, font)
    return np.asarray(page)


def board(stage: Stage, seat: View, lines: list[str], white: float) -> NodePath:
    """A board on the stage before the seat; remove the node when it was read."""
    picture = image(lines)
    height = WIDTH_M * picture.shape[0] / picture.shape[1]
    maker = CardMaker("first screen")
    maker.set_frame(-WIDTH_M / 2, WIDTH_M / 2, -height / 2, height / 2)
    node = stage.root.attach_new_node(maker.generate())
    ahead = np.array(seat.target, float) - np.array(seat.position, float)
    ahead[2] = 0.0
    at = np.array(seat.position, float) + AWAY_M * ahead / np.linalg.norm(ahead)
    node.set_pos(*at)
    # A card faces minus y: it looks away from where its reader sits.
    node.look_at(stage.root, LPoint3(*(at + ahead)), LVector3(0, 0, 1))
    node.set_shader(upload.shader("card.frag", "card.vert"))
    node.set_shader_input("image", upload.texture(picture, clamp=True))
    node.set_shader_input("level", (white, 0.0))
    node.set_two_sided(True)
    node.set_bin("fixed", 100)
    node.set_depth_test(False)
    return node
