"""Selects what an effect added, when it has ended: see clipasso_ext/beside/afterwards.py."""

from clipasso_ext.beside.afterwards import main

if __name__ == "__main__":
    main()
