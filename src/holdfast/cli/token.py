"""`holdfast token`: access tokens of anybody, and programs that wait for approval."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.data import open_accounts
from holdfast.cli.printing import moment, print_table

if TYPE_CHECKING:
    from holdfast.base.identity import Grant

app = typer.Typer(help="Create, list and revoke access tokens; approve device logins.", no_args_is_help=True)

DAY_MILLISECONDS = 24 * 3600 * 1000

User = Annotated[str, typer.Argument(help="Whose token.")]


@app.command()
def create(
    user: User,
    *,
    name: Annotated[str, typer.Option(help="By which its owner recognises it.")] = "command-line",
    role: Annotated[str, typer.Option(help="read or write; --grant makes it fine-grained.")] = "write",
    grant: Annotated[
        list[str] | None,
        typer.Option(help="SCOPE=PERMISSION, e.g. model:alice/bert=write-repo or alice=read-repo; repeatable."),
    ] = None,
    token: Annotated[str | None, typer.Option(help="A given token string; one is made up when left out.")] = None,
    expires_in_days: Annotated[int | None, typer.Option(min=1, max=36_500, help="Without it: until revoked.")] = None,
) -> None:
    """Create an access token and print it: this once, for it is not stored.

    Example: export HF_TOKEN=$(holdfast token create alice --role read)

    Example: holdfast token create alice --grant model:alice/bert=write-repo --grant acme=read-repo
    """
    from holdfast.base.identity import SYSTEM, TokenRole  # noqa: PLC0415

    if role not in ("read", "write"):
        raise typer.BadParameter("must be read or write", param_hint="--role")
    expires_at = None if expires_in_days is None else int(time.time() * 1000) + expires_in_days * DAY_MILLISECONDS
    with open_accounts() as services:
        issued = services.tokens.create_access_token(
            SYSTEM,
            name,
            TokenRole.FINE_GRAINED if grant else TokenRole(role),
            username=user,
            grants=tuple(_grant(text) for text in grant or ()),
            expires_at=expires_at,
            secret=token,
        )
    print(issued.secret)


def _grant(text: str) -> Grant:
    from holdfast.accounts.checks import parse_permission  # noqa: PLC0415
    from holdfast.base.identity import Grant  # noqa: PLC0415

    scope, _, word = text.partition("=")
    return Grant(scope, frozenset({parse_permission(word)}))


@app.command("list")
def list_(user: User) -> None:
    """List a user's access tokens, without their secrets."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        tokens = services.tokens.list_access_tokens(SYSTEM, user)
    rows = [
        (
            str(token.id),
            token.name,
            token.role.value,
            moment(token.created_at),
            moment(token.last_used_at),
            moment(token.expires_at),
        )
        for token in tokens
    ]
    print_table(("ID", "NAME", "ROLE", "CREATED", "LAST USED", "EXPIRES"), rows)


@app.command()
def revoke(
    user: User, token_id: Annotated[int, typer.Argument(help="The id that `holdfast token list` shows.")]
) -> None:
    """End an access token at once."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        services.tokens.revoke_access_token(SYSTEM, token_id, user)
    print(f"Revoked access token {token_id} of {user}.")


@app.command()
def approve(
    user_code: Annotated[str, typer.Argument(help="The code that the program shows, e.g. BCDF-GHJK.")],
    user: Annotated[str, typer.Option(help="For whom the program may act.")],
    deny: Annotated[bool, typer.Option("--deny", help="Turn the program away instead.")] = False,
) -> None:
    """Let a program in that shows a code, such as `hf auth login`.

    Example: holdfast token approve BCDF-GHJK --user alice
    """
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        services.devices.decide(SYSTEM, user_code, approve=not deny, username=user)
    print("Denied." if deny else f"Approved: the program now acts for {user}.")
