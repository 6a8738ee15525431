"""What a window beside Inkscape has done in it: see clipasso_deliver.inx."""

from clipasso_ext.start import start

if __name__ == "__main__":
    start("sketch_effects", "DeliverEffect")
