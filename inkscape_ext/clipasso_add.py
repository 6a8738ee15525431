"""Extensions > CLIPasso: see clipasso_add.inx."""

from clipasso_ext.edit_effects import AddEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(AddEffect)
