#!/bin/sh
# Makes assets/demo/night_before.jpg and night_after.jpg (needs the extra `view`): the demo person's eye
# (assets/people/demo.csv) on the road by night, looking 60 m ahead, whole eye with glare (CIE 146).
set -e
cd "$(dirname "$0")"
twin scene driving --variant night --rx="-2.50 -1.00 x 90" --age 62 --pupil 5 --correct single \
    --compare side --look road --size 1100x619 --out side.png
python3 - <<'END'
from PIL import Image
both = Image.open("side.png").convert("RGB")
for name, left in (("before", 0), ("after", 1104)):
    both.crop((left, 66, left + 1100, 684)).save(f"night_{name}.jpg", quality=86, optimize=True)
END
rm side.png
