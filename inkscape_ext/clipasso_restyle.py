"""Extensions > CLIPasso: see clipasso_restyle.inx."""

from clipasso_ext.edit_effects import RestyleEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(RestyleEffect)
