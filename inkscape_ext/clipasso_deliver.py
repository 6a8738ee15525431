"""What a window beside Inkscape has done in it: see clipasso_deliver.inx."""

from clipasso_ext.effects import main
from clipasso_ext.sketch_effects import DeliverEffect

if __name__ == "__main__":
    main(DeliverEffect)
