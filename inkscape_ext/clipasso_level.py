"""Extensions > CLIPasso: see clipasso_level.inx."""

from clipasso_ext.edit_effects import LevelEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(LevelEffect)
