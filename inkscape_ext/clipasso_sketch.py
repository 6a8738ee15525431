"""Extensions > CLIPasso: see clipasso_sketch.inx."""

from clipasso_ext.effects import Sketch, main

if __name__ == "__main__":
    main(Sketch)
