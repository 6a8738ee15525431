"""Extensions > CLIPasso: see clipasso_sketch.inx."""

from clipasso_ext.effects import main
from clipasso_ext.sketch_effects import SketchEffect

if __name__ == "__main__":
    main(SketchEffect)
