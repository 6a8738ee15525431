"""From first strokes to the sketch that a guide finds most like the photograph, and the order in
which its strokes are needed.
"""
