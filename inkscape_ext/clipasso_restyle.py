"""Extensions > CLIPasso: see clipasso_restyle.inx."""

from clipasso_ext.edits import Restyle
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Restyle)
