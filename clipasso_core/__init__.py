"""CLIPasso's engine: a photograph becomes a few editable Bezier strokes.

>>> from clipasso_core import sketch, SketchRequest, write_svg
>>> result = sketch("cat.jpg", SketchRequest(strokes=12))
>>> write_svg(result, "cat.svg")
"""

from clipasso_core.errors import UserError
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.sketch import Progress, sketch
from clipasso_core.svg import from_svg, read_svg, to_svg, write_svg

__version__ = "0.1.0"
__all__ = ["Progress", "SketchRequest", "SketchResult", "UserError", "from_svg", "read_svg", "sketch", "to_svg", "write_svg"]
