"""Extensions > CLIPasso: see clipasso_background.inx."""

from clipasso_ext.effects import main
from clipasso_ext.sketch_effects import BackgroundEffect

if __name__ == "__main__":
    main(BackgroundEffect)
