"""Names in the document: namespaces, elements and attributes, as lxml writes them."""

# A namespace in braces, for a name to follow: SVG + "path".
SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
SODIPODI = "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}"
CLIPASSO_URI = "https://clipasso.org/ns"
CLIPASSO = "{%s}" % CLIPASSO_URI

# Elements.
SVG_ROOT = SVG + "svg"
GROUP = SVG + "g"
PATH = SVG + "path"
IMAGE = SVG + "image"
DEFS = SVG + "defs"
FILTER = SVG + "filter"
STYLE_SHEET = SVG + "style"
NAMED_VIEW = SODIPODI + "namedview"

# Links: the older spelling. The newer one has no namespace.
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

# Inkscape's attributes.
LABEL = INKSCAPE + "label"
GROUPMODE = INKSCAPE + "groupmode"  # "layer" makes a group a layer
PATH_EFFECT = INKSCAPE + "path-effect"  # a live path effect; on a path, the ids of its effects
ORIGINAL_D = INKSCAPE + "original-d"  # what they start from
CURRENT_LAYER = INKSCAPE + "current-layer"  # id of the layer that is drawn in
DOCUMENT_UNITS = INKSCAPE + "document-units"
INSENSITIVE = SODIPODI + "insensitive"  # Inkscape's own lock
ABSREF = SODIPODI + "absref"  # where a linked bitmap was imported from
DOCNAME = SODIPODI + "docname"

# The engine's attributes of a layer and of its strokes.
SKETCH = CLIPASSO + "sketch"  # marks a layer as a sketch
REQUEST = CLIPASSO + "request"  # what it was drawn by, as JSON
PICTURE = CLIPASSO + "picture"  # width and height in pixels of the bitmap that it was drawn over
ENGINE = CLIPASSO + "engine"  # version of the engine that drew it
PAPER = CLIPASSO + "paper"  # marks what lies under all strokes
RANK = CLIPASSO + "rank"  # of a stroke: 0 is the most needed one
PART = CLIPASSO + "part"  # of a stroke: what it draws, such as "left lid" of a face
LOCKED = CLIPASSO + "locked"  # of a stroke: the engine leaves it alone

# The extension's own attributes.
SOURCE = CLIPASSO + "source"  # of a layer: "#" and the id of its bitmap
POINTS = CLIPASSO + "points"  # of a layer: from the picture's pixels to its strokes' points
JOB = CLIPASSO + "job"  # of a layer: the job in the background that it came from
UNDIMMED = CLIPASSO + "undimmed"  # of a bitmap: the opacity that it had before we dimmed it
PLAIN_WIDTH = CLIPASSO + "width"  # of a stroke: its width before any look
TAPER = CLIPASSO + "taper"  # marks a live path effect as ours
