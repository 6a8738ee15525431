"""Extensions > CLIPasso: see clipasso_level.inx."""

from clipasso_ext.start import start

if __name__ == "__main__":
    start("edit_effects", "LevelEffect")
