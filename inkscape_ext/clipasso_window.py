"""The sketching window in a process of its own: see clipasso_ext/beside."""

from clipasso_ext.beside.window_process import main

if __name__ == "__main__":
    main()
