"""`holdfast alias`: one-word ids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.data import open_database
from holdfast.cli.printing import print_table

if TYPE_CHECKING:
    from holdfast.hub.repos.service.aliasing import AliasService

app = typer.Typer(help="Let one-word ids such as gpt2 lead to repos.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="One word, e.g. gpt2.")]
Type = Annotated[str, typer.Option("--type", help="model, dataset or space.")]


@app.command()
def add(
    name: Name,
    target: Annotated[str, typer.Argument(help="The repo, e.g. openai-community/gpt2.")],
    repo_type: Type = "model",
) -> None:
    """Let a one-word id lead to a repo.

    Example: holdfast alias add gpt2 openai-community/gpt2
    """
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415 - keeps help fast
    from holdfast.base.ids import RepoId, RepoType  # noqa: PLC0415

    with _open_aliases() as aliases:
        alias = aliases.add_alias(SYSTEM, RepoType.parse(repo_type), name, RepoId.parse(target))
    print(f"The {alias.type.value} {alias.name} is {alias.target} now.")


@app.command("list")
def list_() -> None:
    """List all one-word ids and where they lead."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    with _open_aliases() as aliases:
        found = aliases.list_aliases(SYSTEM)
    print_table(("TYPE", "NAME", "REPO"), [(alias.type.value, alias.name, str(alias.target)) for alias in found])


@app.command()
def remove(name: Name, repo_type: Type = "model") -> None:
    """Let a one-word id lead nowhere again. The repo stays."""
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415
    from holdfast.base.ids import RepoType  # noqa: PLC0415

    with _open_aliases() as aliases:
        aliases.remove_alias(SYSTEM, RepoType.parse(repo_type), name)
    print(f"The {repo_type} {name} leads nowhere now.")


@contextmanager
def _open_aliases() -> Iterator[AliasService]:
    from holdfast.hub.repos.service.aliasing import AliasService  # noqa: PLC0415

    with open_database() as database:
        yield AliasService(database)
