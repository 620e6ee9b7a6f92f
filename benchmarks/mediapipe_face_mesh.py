"""MediaPipe on a video, for comparison; run by an interpreter that has mediapipe, not by the project's.

    python -m venv peer && peer/bin/pip install mediapipe==0.10.14     # the last line whose wheel holds its models
    peer/bin/python benchmarks/mediapipe_face_mesh.py VIDEO

The Face Landmarker's own model file is a download, which machines without a network lack; Face Mesh with refined
landmarks is its landmark network (478 points), without the blendshapes. Prints one line per frame: x, y of all points.
"""

import sys

import cv2
import mediapipe


def main(path: str) -> None:
    mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)
    video = cv2.VideoCapture(path)
    print("points")
    while True:
        whole, frame = video.read()
        if not whole:
            break
        faces = mesh.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).multi_face_landmarks or []
        print(" ".join(f"{p.x:.4f} {p.y:.4f}" for face in faces for p in face.landmark), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
