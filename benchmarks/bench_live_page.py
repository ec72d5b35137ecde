"""Work of one frame of the live page, counted by the page itself: texture fetches and bytes for three buffers.

    python benchmarks/bench_live_page.py [page.html]

Counts both eyes at a headset's default buffer, and at the sizes that 17.4 and 24.6 pixels a degree need. Nothing is
drawn: the page goes through a frame with its drawing switched off. Without a page, one of the home place is made.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

# Two eyes, each with tangents summing 2.38 (a field of 100 degrees): default buffer and two finer ones.
BUFFERS = ((1680, 1760), (2375, 2490), (3360, 3520))
COUNT = """([width, height, quality, kernel]) => {
  const v = twin.viewer, r = v.renderer;
  v.flat = false;
  v.set({ quality, kernel });
  r.render = r.clear = r.setRenderTarget = () => {};
  v.exact = true;
  const half = 1.19, tall = (half * height) / width;
  const head = v.origin.clone().identity(), sum = { fetches: 0, bytes: 0, layers: 0, draws: 0 };
  const draw = v.place.draw;
  v.place.draw = (some) => { sum.draws += some.length; };
  for (const eye of [0, 1]) {
    v.drawEye({ matrixWorld: head, projectionMatrix: twinScene.eyes.frustum([-half, half, -tall, tall]),
      viewport: { x: 0, y: 0, z: width, w: height }, destination: null, eye });
    for (const key of ["fetches", "bytes", "layers"]) sum[key] += v.counts[key];
  }
  v.place.draw = draw;
  return { ...sum, pxPerDeg: v.pxPerDeg };
}"""


def made() -> Path:
    """A page of the home place."""
    from scenes import render, scene, web_page
    from vision_lib import corrections
    from vision_lib.ability import person

    place, glasses = scene.load("home"), corrections.load("single")
    who = render.with_pupil(person("-3.00 DS", 25.0), place, False)
    wish = render.Wish(who, ((glasses.TITLE, glasses),), None, (960, 640), "viewer", False)
    file = Path(tempfile.mkdtemp()) / "home.html"
    start = time.process_time()
    file.write_bytes(web_page.build(place, wish))
    print(f"home page made in {time.process_time() - start:.0f} s of processor time")
    return file


def main() -> None:
    """Print the table."""
    from playwright.sync_api import sync_playwright

    file = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else made()
    flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as run:
        browser = run.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 640, "height": 360})
        start = time.monotonic()
        page.goto(file.as_uri())
        while page.evaluate("document.documentElement.dataset.twin") == "loading":
            time.sleep(0.02)
        print(f"{file.name}, {file.stat().st_size / 1e6:.2f} MB: first frame after {time.monotonic() - start:.1f} s,"
              " drawn in software")  # fmt: skip
        print(f"{'both eyes':>18} {'px/deg':>7} {'quality':>8} {'layers':>7} {'draws':>6} {'Mfetch':>9} {'MB':>8}"
              f" {'at 72 Hz: Gfetch/s, GB/s':>25}")  # fmt: skip
        for width, height in BUFFERS:
            for quality in ("light", "fine"):
                c = page.evaluate(COUNT, [width, height, quality, "viewer"])
                rate = f"{c['fetches'] * 72e-9:.0f}, {c['bytes'] * 72e-9:.0f}"
                print(f"{2 * width:>11} x {height:>4} {c['pxPerDeg']:>7.1f} {quality:>8} {c['layers']:>7} "
                      f"{c['draws']:>6} {c['fetches'] / 1e6:>9.0f} {c['bytes'] / 1e6:>8.0f} {rate:>25}")  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
