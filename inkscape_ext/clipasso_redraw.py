"""Extensions > CLIPasso: see clipasso_redraw.inx."""

from clipasso_ext.start import start

if __name__ == "__main__":
    start("edit_effects", "RedrawEffect")
