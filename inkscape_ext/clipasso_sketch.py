"""Extensions > CLIPasso: see clipasso_sketch.inx."""

from clipasso_ext.start import start

if __name__ == "__main__":
    start("sketch_effects", "SketchEffect")
