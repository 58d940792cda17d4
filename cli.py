"""`allover`: the platform from the command line. Of the modules of `commands`, each command loads its own."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import commands
from commands.console import MESSAGES
from commands.errors import CommandError
from core.actor import Role
from core.errors import DomainError, SettingsError

program = typer.Typer(
    help="Run and look after All Over Apps. Configuration comes from environment variables: see `allover doctor`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
users = typer.Typer(help="Accounts of staff.", no_args_is_help=True)
program.add_typer(users, name="user")


@program.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on (HOST).", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="(PORT)", show_default="8000")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Fill an empty database with a believable company.")] = False,
) -> None:
    """Run the server: GraphQL, REST and the pages.

    Without MONGODB_URL it starts the embedded database; without REDIS_URL it runs the background work inside.
    """
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    commands.serve.serve(commands.configuration.configured(**given), demo=demo)


@program.command()
def worker() -> None:
    """Do background work (with REDIS_URL; as many processes as you like)."""
    commands.background.work(commands.configuration.configured())


@program.command()
def scheduler() -> None:
    """Start work by the clock (with REDIS_URL; a second one is a spare)."""
    commands.background.schedule(commands.configuration.configured())


@program.command("inbound")
def receive() -> None:
    """Take mail that mail servers hand over, by SMTP and LMTP (with INBOUND_DOMAIN)."""
    commands.inbound.receive(commands.configuration.configured())


@program.command()
def seed(
    reset: Annotated[bool, typer.Option("--reset", help="Delete everything first (asks).")] = False,
) -> None:
    """Fill an empty database with a believable company: apps, plans, staff, merchants, a year of installs."""
    commands.seeding.seed(commands.configuration.configured(), reset=reset)


@program.command("rebuild-metrics")
def rebuild_metrics() -> None:
    """Count all metrics anew, from the shops and their events."""
    commands.metrics.rebuild(commands.configuration.configured())


@program.command("erase")
def erase(
    email: Annotated[str, typer.Option(help="The person's address.")],
    certificate: Annotated[
        Path | None, typer.Option(help="Where to write the certificate; else it is printed.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person from the whole database (GDPR), look for what may be left, and certify it. Status 1 where
    something is."""
    commands.erasing.erase(commands.configuration.configured(), email, certificate, sure=yes)


@program.command("verify-certificate")
def verify_certificate(file: Annotated[Path, typer.Argument(help="What `allover erase` wrote.")]) -> None:
    """Say whether a certificate of erasure was issued here and is unchanged. Status 1 where it is not."""
    commands.erasing.verify(commands.configuration.configured(), file)


@program.command("doctor")
def examine(
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Say what is configured, what answers, how fast, and whether work gets done. Status 1 where something fails."""
    commands.doctor.examine(commands.configuration.found(), as_json=as_json)


@program.command("backup")
def back_up(folder: Annotated[Path, typer.Argument(help="Where to; made where it is missing.")]) -> None:
    """Write the embedded database to files, also while a server runs (MongoDB has mongodump)."""
    commands.backup.back_up(commands.configuration.configured(), folder)


@program.command("restore")
def restore(folder: Annotated[Path, typer.Argument(help="What `allover backup` wrote.")]) -> None:
    """Read a backup into an empty database: the embedded one, or the one that MONGODB_URL names."""
    commands.backup.restore(commands.configuration.configured(), folder)


@program.command("mcp")
def assist() -> None:
    """Serve an assistant over standard input and output (MCP), as MCP_API_KEY or MCP_TOKEN."""
    commands.assistant.assist(commands.configuration.configured())


@users.command("create")
def create_user(
    email: Annotated[str, typer.Option(help="The address to log in with.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.VIEWER,
    name: Annotated[str, typer.Option(help="First and last name.")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from its input.")] = False,
) -> None:
    """Create an account; its generated password is printed once."""
    commands.people.create(commands.configuration.configured(), email, role, name, password_stdin=password_stdin)


@program.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI description of the REST interface (JSON)."""
    commands.description.print_openapi()


@program.command("schema")
def print_schema() -> None:
    """Print the GraphQL schema (SDL)."""
    commands.description.print_schema()


def main() -> None:
    """Errors that a person can correct are sentences, not tracebacks: status 2 for the configuration, else 1."""
    try:
        program()
    except SettingsError as error:
        _fail(f"The configuration does not allow a start.\n{error}", 2)
    except CommandError as error:
        _fail(str(error), 1)
    except DomainError as error:
        _fail(f"{error.field}: {error.message}" if error.field else error.message, 1)


def _fail(message: str, status: int) -> None:
    MESSAGES.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
