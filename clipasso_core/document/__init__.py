"""Sketches as SVG documents, whoever wrote them. Knows no torch."""
