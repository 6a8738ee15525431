"""Where things are in Inkscape's menu, for messages that send somebody there."""

MENU = "Extensions > CLIPasso"
BACKGROUND = f"{MENU} > Background"
INSERT_FINISHED = f"{BACKGROUND} > Insert Finished Sketches"
PARAMETERS = f"{MENU} > Sketch with Parameters"
