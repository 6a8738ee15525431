"""Extensions > CLIPasso: see clipasso_redraw.inx."""

from clipasso_ext.edit_effects import RedrawEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(RedrawEffect)
