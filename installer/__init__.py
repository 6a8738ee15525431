"""Sets CLIPasso up, tries it and takes it away again. Standard library only."""
