"""The `clipasso` command: every command is its options plus one library call."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from pathlib import Path

import click

from clipasso_core import __version__
from clipasso_core.cli import (
    BUG,
    DONE,
    INTERRUPTED,
    MISTAKE,
    batch,
    edit,
    engine,
    extension,
    models,
    plot,
    sketch,
)
from clipasso_core.errors import (
    Cancelled,
    UserError,
    of_machine,
    of_output,
)
from clipasso_core.machine.garbage import look_often, look_seldom
from clipasso_core.machine.silence import keep_silent
from clipasso_core.machine.threads import spin_briefly

# They compute elsewhere, or nothing; what does is ended by torch's library where there is none
NEED_NO_FOLDER = ("engine", "job", "models", "run")
STUCK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)  # what a full or lost output raises


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="clipasso")
@click.pass_context
def cli(context: click.Context) -> None:
    """Turn a photograph into a drawing of a few strokes."""
    if context.invoked_subcommand not in NEED_NO_FOLDER:
        _require_working_folder()


@cli.command()
@click.option("--cold", is_flag=True, help="Compute in this process instead of the warm engine.")
def run(cold: bool) -> int:
    """Serve JSON requests from standard input, one a line, with JSON events on standard output.

    A request is {"id": "1", "photo": "PATH", "request": {"version": 1, "strokes": 16}}; a later one
    replaces the one that computes, and the end of the input cancels it. The warm engine computes,
    which is started when it is not there. docs/protocol.md describes it all.
    """
    from clipasso_core.service import run as relay

    if cold:
        _require_working_folder()
    if isinstance(sys.stdin, io.TextIOWrapper):
        # JSON's encoding, whatever the locale
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return (relay.run_cold if cold else relay.run)(sys.stdin, sys.stdout)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def job(folder: Path) -> int:
    """Compute the background job in FOLDER, which holds a job.json and a photo; what comes of it is
    written beside them.
    """
    from clipasso_core.service import background as jobs

    return jobs.compute(folder)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> int:
    """Tell what works on this machine, and what to do about the rest. Exit status 2 when no sketch
    can be made.
    """
    from clipasso_core.cli.doctor import FAULT, NOTE, examine, healthy

    findings = examine()
    if as_json:
        click.echo(json.dumps([finding.to_json() for finding in findings], indent=1))
    else:
        for finding in findings:
            mark = {FAULT: "✗", NOTE: "·"}.get(finding.state, "✓")
            click.echo(f"{mark} {finding.subject}: {finding.text}")
            if finding.advice:
                click.echo(f"    → {finding.advice}")
    return DONE if healthy(findings) else MISTAKE


for _command in (
    sketch.sketch,
    batch.batch,
    *edit.COMMANDS,
    *plot.COMMANDS,
    engine.engine,
    models.models_group,
    extension.install_extension,
):
    cli.add_command(_command)


def _require_working_folder() -> None:
    try:
        os.getcwd()
    except OSError:
        raise UserError(
            "no-folder", "the working folder is gone: change to one that is there"
        ) from None


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 1 a bug, 2 a mistake that can be mended,
    3 a batch of which some pictures are not drawn, 130 interrupted.
    """
    words = sys.argv[1:] if arguments is None else arguments
    spin_briefly()
    look_seldom()
    keep_silent()
    _print_anything()
    try:
        status = _run(arguments, "--json" in words)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has gone
        _let_go_of_output()
        return DONE
    except OSError as error:
        _let_go_of_output()
        print(f"clipasso: {of_output(error)}", file=sys.stderr)
        return MISTAKE
    finally:
        look_often()
    return status


def _run(arguments: list[str] | None, as_json: bool) -> int:
    """See `main`. Raises OSError when standard output can't be written."""
    try:
        return int(cli.main(args=arguments, prog_name="clipasso", standalone_mode=False) or DONE)
    except UserError as error:
        return _fail(error, MISTAKE, as_json)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # since click 8.2
            click.echo(error.format_message(), err=True)
            return MISTAKE
        # in click's own words, of which there is no template
        wrong = UserError("bad-usage", "{usage}", usage=error.format_message())
        return _fail(wrong, MISTAKE, as_json)
    except (Cancelled, KeyboardInterrupt, click.exceptions.Abort):
        print("clipasso: interrupted, nothing was written", file=sys.stderr)
        return INTERRUPTED
    except SystemExit:  # click makes it of a broken pipe
        raise BrokenPipeError from None
    except Exception as error:
        if isinstance(error, OSError) and _is_of_output(error):
            raise
        if mendable := of_machine(error):
            return _fail(mendable, MISTAKE, as_json)
        return _fail_with_bug(error, as_json)


def _is_of_output(error: OSError) -> bool:
    """Whether it is what was printed that can't be written; an error of a file names the file."""
    return error.filename is None and error.errno in STUCK


def _print_anything() -> None:
    """Names of files may hold bytes that are no text, and a terminal may lack our marks."""
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and out.errors == "strict":
        out.reconfigure(errors="surrogateescape" if out.encoding.lower() == "utf-8" else "replace")


def _let_go_of_output() -> None:
    """What is still to be written goes nowhere, lest Python complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail_with_bug(error: Exception, as_json: bool = False) -> int:
    from clipasso_core.machine.log import record_bug

    return _fail(record_bug(error), BUG, as_json)


def _fail(error: UserError, status: int, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"event": "error", **error.to_json()}), flush=True)
    print(f"clipasso: {error.message}", file=sys.stderr)
    return status
