"""Extensions > CLIPasso: see clipasso_order.inx."""

from clipasso_ext.edit_effects import PlotOrderEffect
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(PlotOrderEffect)
