"""New models, datasets and Spaces."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.domain import Namespace, OrgRole
from holdfast.accounts.service.profiles import ProfileService
from holdfast.base.errors import Conflict, HoldfastError, InvalidInput, Overloaded, RepoExists
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.metadata.vocabulary import LICENSE_FAMILIES
from holdfast.hub.repos.service.lifecycle import RepoLifecycle
from holdfast.ui.forms import problems
from holdfast.ui.page import Pages

ADDRESSES = {RepoType.MODEL: "/new", RepoType.DATASET: "/new-dataset", RepoType.SPACE: "/new-space"}
SPACE_SDKS = {
    "gradio": ("Gradio", "An app of Python functions and ready-made parts."),
    "streamlit": ("Streamlit", "An app from a Python script, read from top to bottom."),
    "docker": ("Docker", "Anything that listens on a port."),
    "static": ("Static", "HTML, CSS and JavaScript, served as they are."),
}
COMMON_LICENSES = ("apache-2.0", "mit", "openrail", "cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0", "other")
_WORDS = {
    RepoType.MODEL: ("model", "Weights, tokenizer and card, with their whole history."),
    RepoType.DATASET: ("dataset", "Rows, pictures or sounds, with a card that says what they are."),
    RepoType.SPACE: ("Space", "An app that shows what a model can do."),
}
_FIELDS = {"license": "license", "namespace": "owner"}


@dataclass(frozen=True)
class NewRepoPages:
    """The forms for new repos."""

    pages: Pages
    profiles: ProfileService
    lifecycle: RepoLifecycle

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return tuple(
            route
            for address in ADDRESSES.values()
            for route in (
                Route("GET", address, self.show, Permission.LOGIN, Family.PAGE),
                Route("POST", address, self.create, Permission.WRITE_OWN, Family.PAGE),
            )
        )

    async def show(self, call: Call) -> Response:
        """The form. `owner` and `name` in the address fill it in."""
        typed = {name: call.query_params.get(name, "") for name in ("owner", "name")}
        return await self._form(call, typed)

    async def create(self, call: Call) -> Response:
        """Create the repo and go to its page."""
        form = await call.form_fields()
        repo_type = _type_of(call)
        try:
            repo = await call.run(self._create, call.actor, repo_type, form)
        except RepoExists as error:
            found = {"name": f"{error.repo_id} exists already. Choose another name."}
            return await self._form(call, _typed(form), found, error)
        except (InvalidInput, Conflict, Overloaded) as error:
            return await self._form(call, _typed(form), problems(error, _FIELDS), error)
        return self.pages.redirect(call, f"/{repo_type.url_prefix}{repo}")

    def _create(self, actor: Actor, repo_type: RepoType, form: FormFields) -> RepoId:
        sdk = form.optional_text("sdk") if repo_type is RepoType.SPACE else None
        if repo_type is RepoType.SPACE and sdk not in SPACE_SDKS:
            raise InvalidInput(field="sdk", problem="must be chosen")
        visibility = form.text("visibility", "")
        if visibility not in ("public", "private"):
            raise InvalidInput(field="visibility", problem="must be public or private")
        repo_id = RepoId(form.optional_text("owner") or actor.username, form.text("name", "").strip())
        repo = self.lifecycle.create_repo(
            actor,
            repo_type,
            repo_id,
            private=visibility == "private",
            space_sdk=sdk,
            license_name=form.optional_text("license"),
        )
        return repo.id

    async def _form(
        self,
        call: Call,
        typed: dict[str, str],
        found: dict[str, str] | None = None,
        error: HoldfastError | None = None,
    ) -> Response:
        repo_type = _type_of(call)
        owners = await call.run(self._owners, call.actor)
        owner = next((one for one in owners if one.name.lower() == typed.get("owner", "").lower()), owners[0])
        word, purpose = _WORDS[repo_type]
        return await self.pages.render(
            call,
            "new/repo.html",
            status=error.status if error else 200,
            typed=typed,
            problems=found or {},
            repo_type=repo_type.value,
            word=word,
            purpose=purpose,
            owners=owners,
            owner=owner,
            visibility=typed.get("visibility") or ("private" if owner.private_by_default else "public"),
            common_licenses=COMMON_LICENSES,
            license_families=LICENSE_FAMILIES,
            sdks=SPACE_SDKS,
            addresses={kind.value: address for kind, address in ADDRESSES.items()},
        )

    def _owners(self, actor: Actor) -> list[Namespace]:
        """Who the repo can belong to: the actor, and organizations where the actor may create."""
        identity = self.profiles.whoami(actor)
        orgs = [found.namespace for found in identity.orgs if found.role.includes(OrgRole.CONTRIBUTOR)]
        return [identity.user.namespace, *sorted(orgs, key=lambda org: org.key)]


def _type_of(call: Call) -> RepoType:
    path = call.scope["holdfast.path"].rstrip("/")
    return next(kind for kind, address in ADDRESSES.items() if address == path)


def _typed(form: FormFields) -> dict[str, str]:
    return {name: form.text(name, "") for name in ("owner", "name", "license", "visibility", "sdk")}
