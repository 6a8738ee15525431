"""The engine as the extension sees it: where it is, what is asked of it, and what comes back."""
