"""A webcam's landmarks as lines for `twin motion guide --stream -`, in a process (and environment) of its own.

    python3 -m venv camera && camera/bin/pip install "mediapipe==0.10.21"     # its own NumPy (< 2)
    camera/bin/python examples/webcam_landmarks.py | twin motion guide reference.mot --stream - \\
        --joint elbow_flexion_r=right_shoulder,right_elbow,right_wrist

MediaPipe Pose (Bazarevsky et al. 2020, arXiv:2006.10204) gives 33 landmarks in metres about the hips. Angles from
one camera miss by 7 to 13 degrees: use them for relative scores only. No picture is stored or sent.
"""

import argparse
import json
import sys
import time

NAMES = {11: "left_shoulder", 12: "right_shoulder", 13: "left_elbow", 14: "right_elbow", 15: "left_wrist",
         16: "right_wrist", 23: "left_hip", 24: "right_hip", 25: "left_knee", 26: "right_knee", 27: "left_ankle",
         28: "right_ankle"}  # fmt: skip
SEEN = 0.5  # a landmark less visible than this is taken as lost


def main() -> int:
    """Read the camera until it ends or the reader of the lines does."""
    parser = argparse.ArgumentParser(description="landmarks of a webcam as JSON lines")
    parser.add_argument("--camera", default="0", help="number of the camera, or a video file")
    source = parser.parse_args().camera
    try:
        import cv2
        import mediapipe
        pose = mediapipe.solutions.pose.Pose(model_complexity=1)
    except (ImportError, AttributeError):
        print("error: no pose model here\n  cure: pip install mediapipe==0.10.21 in an environment of its own",
              file=sys.stderr)
        return 2
    camera = cv2.VideoCapture(int(source) if source.isdigit() else source)
    if not camera.isOpened():
        print(f"error: the camera does not open\n  value: {source}\n  cure: --camera 1, or a video file",
              file=sys.stderr)
        return 2
    begin = time.monotonic()
    while True:
        read, picture = camera.read()
        if not read:
            return 0
        found = pose.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).pose_world_landmarks
        at = time.monotonic() - begin
        for index, name in NAMES.items() if found else ():
            point = found.landmark[index]
            if point.visibility >= SEEN:
                print(json.dumps({"t": round(at, 4), "landmark": name, "p": [point.x, point.y, point.z]}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
