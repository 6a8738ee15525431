"""The warm engine's switches."""

from __future__ import annotations

import json

import click

from clipasso_core.cli import DONE, MISTAKE


@click.group()
def engine() -> None:
    """The warm engine, which keeps the networks loaded between sketches. `clipasso run` starts it
    by itself.
    """


@engine.command()
@click.option(
    "--idle",
    "idle_min",
    type=float,
    default=15.0,
    show_default=True,
    metavar="MINUTES",
    help="End after so long without work.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what it says of itself as JSON.")
def start(idle_min: float, as_json: bool) -> int:
    """Start the engine, unless it runs."""
    from clipasso_core.service import client

    before = client.status()
    client.reach(idle_min=idle_min).close()
    now = client.status() or {}
    if as_json:
        click.echo(json.dumps(now))
        return DONE
    same = before is not None and before.get("pid") == now.get("pid")
    click.echo(
        f"the engine {'was already running' if same else 'is running'} (process"
        f" {now.get('pid', 'unknown')})"
    )
    return DONE


@engine.command()
@click.option("--json", "as_json", is_flag=True, help="Print what runs then as JSON: null.")
def stop(as_json: bool) -> int:
    """End the engine; sketches that compute are called off."""
    from clipasso_core.service import client

    if as_json:
        client.stop()
        click.echo(json.dumps(client.status()))
        return DONE
    click.echo("the engine has ended" if client.stop() else "the engine was not running")
    return DONE


@engine.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def status(as_json: bool) -> int:
    """Tell whether the engine runs and what it does. Exit status 2 when it doesn't."""
    from clipasso_core.service import client

    facts = client.status()
    if as_json:
        click.echo(json.dumps(facts))
    elif facts is None:
        click.echo("the engine is not running; clipasso run, or clipasso engine start, starts it")
    else:
        memory = f", {facts['memory_mb']:.0f} MB" if facts.get("memory_mb") else ""
        doing = "computing" if facts["working"] else "idle"
        click.echo(
            f"the engine {facts['version']} is {doing}: process {facts['pid']}{memory},"
            f" {facts['waiting']} waiting"
        )
    return DONE if facts is not None else MISTAKE


@engine.command(hidden=True)
@click.option("--idle", "idle_min", type=float, default=15.0)
def serve(idle_min: float) -> int:
    """Be the engine."""
    from clipasso_core.service import place, server

    return server.serve(place.find_place(), 60 * idle_min)
