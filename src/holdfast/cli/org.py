"""`holdfast org`: organizations and their members."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.data import open_accounts
from holdfast.cli.printing import print_table

app = typer.Typer(help="Add organizations, list them, manage their members.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Shares one space of names with the users.")],
    owner: Annotated[str, typer.Option(help="The user who becomes its first admin.")],
    fullname: Annotated[str | None, typer.Option(help="Shown beside the name.")] = None,
    private_by_default: Annotated[
        bool, typer.Option("--private-by-default", help="New repos are private unless their creator says otherwise.")
    ] = False,
) -> None:
    """Add an organization.

    Example: holdfast org add acme --owner alice --fullname "Acme Research"
    """
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        org = services.accounts.create_organization(
            SYSTEM, name, fullname=fullname, owner=owner, private_by_default=private_by_default
        )
    print(f"Added organization {org.name}.")


@app.command()
def member(
    org: Annotated[str, typer.Argument(help="The organization.")],
    user: Annotated[str, typer.Argument(help="The user.")],
    role: Annotated[str, typer.Option(help="read, contributor, write or admin.")] = "write",
    remove: Annotated[bool, typer.Option("--remove", help="Take the user out instead.")] = False,
) -> None:
    """Add a member, change a member's role, or take a member out.

    Example: holdfast org member acme bob --role contributor
    """
    from holdfast.accounts.domain import OrgRole  # noqa: PLC0415
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        if remove:
            services.accounts.remove_member(SYSTEM, org, user)
        else:
            services.accounts.set_member(SYSTEM, org, user, OrgRole.parse(role))
    print(f"{user} is {'no longer a member' if remove else f'a member with the role {role}'} of {org}.")


@app.command("list")
def list_() -> None:
    """List all organizations."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with open_accounts() as services:
        orgs = services.accounts.list_organizations(SYSTEM)
    rows = [(org.name, org.fullname, "private" if org.private_by_default else "public") for org in orgs]
    print_table(("NAME", "FULL NAME", "NEW REPOS"), rows)
