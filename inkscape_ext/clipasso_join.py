"""Extensions > CLIPasso: see clipasso_join.inx."""

from clipasso_ext.edit_effects import JoinEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(JoinEffect)
