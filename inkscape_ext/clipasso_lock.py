"""Extensions > CLIPasso: see clipasso_lock.inx."""

from clipasso_ext.edit_effects import LockEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(LockEffect)
