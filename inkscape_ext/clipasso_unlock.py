"""Extensions > CLIPasso: see clipasso_unlock.inx."""

from clipasso_ext.edit_effects import UnlockEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(UnlockEffect)
