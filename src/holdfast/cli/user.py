"""`holdfast user`: the people of this Holdfast."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from holdfast.cli.data import open_accounts
from holdfast.cli.printing import moment, print_table

app = typer.Typer(help="Add people, list them, change passwords, lock accounts out.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user name, in any case.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Letters, digits, '-', '_' and '.'; unique without regard to case.")],
    *,
    password: Annotated[
        str | None, typer.Option(help="For the web and git; without one and without tokens, one is made up.")
    ] = None,
    token: Annotated[
        list[str] | None, typer.Option(help="A given access token (role write), e.g. from another hub; repeatable.")
    ] = None,
    fullname: Annotated[str | None, typer.Option(help="Shown beside the user name.")] = None,
    email: Annotated[str | None, typer.Option(help="Only the user sees it.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="May administer this Holdfast.")] = False,
) -> None:
    """Add a user.

    Example: holdfast user add alice --fullname "Alice Liddell" --password "down the rabbit hole"
    """
    from holdfast.base.identity import SYSTEM, TokenRole  # noqa: PLC0415

    given = token or []
    made_up = secrets.token_urlsafe(12) if password is None and not given else None
    with open_accounts() as services:
        user = services.accounts.create_user(
            SYSTEM, name, password=password or made_up, fullname=fullname, email=email, is_site_admin=admin
        )
        for number, secret in enumerate(given, 1):
            services.tokens.create_access_token(
                SYSTEM, f"given-{number}", TokenRole.WRITE, username=user.name, secret=secret
            )
    print(f"Added user {user.name}.")
    if made_up:
        print(f"Password: {made_up}")


@app.command("list")
def list_() -> None:
    """List all users."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        users = services.accounts.list_users(SYSTEM)
    rows = [
        (
            user.name,
            user.namespace.fullname,
            user.email or "",
            "admin" if user.is_site_admin else "",
            moment(user.last_login_at),
            "disabled" if user.disabled_at is not None else "",
        )
        for user in users
    ]
    print_table(("NAME", "FULL NAME", "E-MAIL", "RIGHTS", "LAST LOGIN", "STATE"), rows)


@app.command()
def passwd(
    name: Name,
    password: Annotated[str | None, typer.Option(help="Asked for when left out.")] = None,
) -> None:
    """Set a user's password and end the user's login sessions. Access tokens go on working."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    new = password or typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    with open_accounts() as services:
        user = services.logins.set_password(SYSTEM, name, new)
    print(f"Changed the password of {user.name}.")


@app.command()
def disable(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let the user in again.")] = False,
) -> None:
    """Lock a user out at once: password, sessions and tokens. Repos stay."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        user = services.accounts.set_user_disabled(SYSTEM, name, disabled=not undo)
    print(f"{'Enabled' if undo else 'Disabled'} user {user.name}.")


@app.command("admin")
def admin_(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Take the right away again.")] = False,
) -> None:
    """Let a user administer this Holdfast: users, settings, storage, the audit log.

    Example: holdfast user admin alice
    """
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        user = services.users.change_user(SYSTEM, name, is_site_admin=not undo)
    print(f"{user.name} {'no longer administers' if undo else 'administers'} this Holdfast.")
