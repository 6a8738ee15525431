"""The extension for Inkscape, which the engine's package brings along."""

from __future__ import annotations

import click


@click.command(name="install-extension")
@click.option("--inkscape", metavar="PATH", help="This Inkscape instead of those found.")
@click.option(
    "--extensions-dir", metavar="DIR", help="This extensions folder instead of asking Inkscape."
)
@click.option("--remove", is_flag=True, help="Take it away again.")
def install_extension(inkscape: str | None, extensions_dir: str | None, remove: bool) -> int:
    """Put the extension into every Inkscape found (1.2 or newer), and try it. Downloads nothing."""
    from clipasso_core.machine.set_up import attach

    words = ["uninstall" if remove else "install"]
    for name, value in (("--inkscape", inkscape), ("--extensions-dir", extensions_dir)):
        words += [name, value] if value is not None else []
    return attach(words)
