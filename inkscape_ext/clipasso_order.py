"""Extensions > CLIPasso: see clipasso_order.inx."""

from clipasso_ext.edits import Order
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Order)
