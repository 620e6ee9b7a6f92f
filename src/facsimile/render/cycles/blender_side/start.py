"""Run by Blender's Python as ``python -I start.py [scene_folder]``; needs ``bpy`` and ``numpy``, nothing of facsimile.

Without a folder it serves: a line on standard input names a folder, a line of JSON on standard output answers.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from blender_side.serve import main

    main(sys.argv[1:])
