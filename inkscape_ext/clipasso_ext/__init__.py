"""CLIPasso inside Inkscape: which bitmap, what it looks like, where its strokes go. The drawing
itself is the engine's work.

Runs with Inkscape's own Python (3.8 or newer): nothing but inkex, lxml, gi and the standard
library.
"""

VERSION = "0.2.0"  # the engine's
