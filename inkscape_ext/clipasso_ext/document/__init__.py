"""The document: which bitmap is meant, what it looks like, where its strokes go, and the sketches
that are there.
"""
