"""Extensions > CLIPasso: see clipasso_redraw.inx."""

from clipasso_ext.edits import Redraw
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Redraw)
