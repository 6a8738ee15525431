"""The sketching window in a process of its own, beside Inkscape: how it is handed what it needs,
and how its sketches get back into the document.
"""
