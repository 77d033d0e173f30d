"""`config`: which settings are in force, and whether they are right."""

import typer

from consumer.cli.options import Assignments, ConfigFile, Json, load_settings
from consumer.cli.output import say, show_json, show_table

app = typer.Typer(no_args_is_help=True, help="Show and check the settings.")


@app.command("show", epilog="Example: memory-consumer config show --config consumer.yaml")
def show(*, config: ConfigFile = None, assignments: Assignments = None, as_json: Json = False) -> None:
    """Print every setting with its value and where it comes from. Secrets are masked."""
    effective = load_settings(config, assignments).effective()
    if as_json:
        show_json([setting._asdict() for setting in effective])
    else:
        show_table(("setting", "value", "source"), effective)


@app.command("check", epilog="Example: memory-consumer config check --set batch_size=500 && echo fine")
def check(*, config: ConfigFile = None, assignments: Assignments = None) -> None:
    """Say whether the settings are right: exit 0, or 2 with all that is wrong. Asks no server."""
    loaded = load_settings(config, assignments)
    say(f"The settings are right: {len(loaded.given)} given, the others by default.")


@app.command("reference", epilog="Example: memory-consumer config reference > docs/configuration.md")
def reference() -> None:
    """Print all settings as a page of documentation, in Markdown."""
    from consumer.settings.reference import reference as page

    typer.echo(page(), nl=False)
