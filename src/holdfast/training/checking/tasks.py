"""What a table could be used for, where the spec leaves it to us: told by names and kinds of its columns."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.training.checking.draft import Draft, words
from holdfast.training.checking.kinds import snake
from holdfast.training.checking.phrases import code, several
from holdfast.training.domain.data import ColumnKind
from holdfast.training.trainers import registry

HINTS = {
    "text": (
        *("text", "sentence", "review", "review_text", "comment", "content", "message", "tweet", "sms", "body"),
        *("document", "article", "dialogue", "headline", "utterance", "abstract", "description", "title"),
        *("source", "premise", "anchor", "query", "sentence1", "text_column"),
    ),
    "text_pair": ("text_pair", "positive", "sentence2", "hypothesis", "answer", "passage", "text2"),
    "negative": ("negative", "hard_negative"),
    "image": ("image", "img", "picture", "photo", "file_name", "path", "filename"),
    "audio": ("audio", "sound", "speech", "file_name", "path", "filename"),
    "tokens": ("tokens", "words"),
    "tags": ("tags", "ner_tags", "labels", "pos_tags"),
    "spans": ("spans", "entities"),
    "question": ("question", "query"),
    "context": ("context", "passage", "paragraph"),
    "answers": ("answers", "answer"),
    "messages": ("messages", "conversations", "conversation", "chat"),
    "prompt": ("prompt", "instruction", "question", "input"),
    "completion": ("completion", "output", "response", "answer"),
    "chosen": ("chosen", "preferred"),
    "rejected": ("rejected", "rejected_text"),
}  # fmt: skip
_SURE_TARGETS = ("target", "label", "labels", "class", "classes", "y")
_TARGETS = (
    *("category", "kind", "outcome", "result", "diagnosis", "churn"),
    *("survived", "species", "sentiment", "intent", "spam", "is_spam", "fraud", "is_fraud", "default", "price"),
    *("sale_price", "median_house_value", "score", "rating", "stars", "quality", "medv", "summary"),
    *("translation", "exited", "attrition", "response", "target_column"),
)
_SUMMARIES = ("summary", "highlights", "tldr", "abstract")
_MANY_CLASSES = 20


@dataclass(frozen=True)
class Guess:
    """A task, the columns for it, and why."""

    task: str
    roles: dict[str, str]
    reason: str
    confidence: float


def guess(draft: Draft) -> Guess:
    """The task that the columns look like, and which column is what."""
    return _by_names(draft) or _by_media(draft) or _by_target(draft)


def named(draft: Draft, role: str) -> str | None:
    """The column whose name says that it has a role."""
    by_name = {snake(name): name for name in reversed(list(draft.frame.columns))}
    return next((by_name[hint] for hint in (role, *HINTS.get(role, ())) if hint in by_name), None)


def _by_names(draft: Draft) -> Guess | None:
    """Data sets of language have names that everybody keeps to."""
    found = {role: named(draft, role) for role in HINTS}
    for task, roles in (
        ("llm-dpo", ("chosen", "rejected")),
        ("llm-sft", ("messages",)),
        ("question-answering", ("question", "context", "answers")),
        ("token-classification", ("tokens", "tags")),
        ("token-classification", ("text", "spans")),
        ("llm-sft", ("prompt", "completion")),
    ):
        columns = {role: name for role in roles if (name := found[role])}
        if (
            task in registry.names()
            and len(set(columns.values())) == len(roles)
            and (task != "llm-sft" or _are_texts(draft, columns))
        ):
            return Guess(task, columns, f"It has {several(columns.values())}, as data for {task} has.", 0.9)
    summary = next((name for name in draft.frame.columns if snake(name) in _SUMMARIES), None)
    longer = [name for name in draft.of_kind(ColumnKind.TEXT) if name != summary]
    if summary and longer and draft.kinds[summary] is ColumnKind.TEXT:
        text = named(draft, "text") if named(draft, "text") in longer else longer[0]
        wanted = {"text": str(text), "target": summary}
        return Guess("summarization", wanted, f"{code(summary)} says in short what {code(text)} says at length.", 0.8)
    return None


def _are_texts(draft: Draft, columns: dict[str, str]) -> bool:
    kinds = {draft.kinds[name] for name in columns.values()}
    return kinds <= {ColumnKind.TEXT, ColumnKind.LIST} or "messages" in columns


def _by_media(draft: Draft) -> Guess | None:
    for kind, role in ((ColumnKind.IMAGE, "image"), (ColumnKind.AUDIO, "audio")):
        media = draft.of_kind(kind)
        target = find_target(draft, besides=media)
        if media and target:
            what = "pictures" if role == "image" else "sounds"
            reason = f"{code(media[0])} holds {what} and {code(target)} says what each one is."
            return Guess(f"{role}-classification", {role: media[0], "target": target}, reason, 0.9)
    return None


def _by_target(draft: Draft) -> Guess:
    target = find_target(draft)
    texts = [name for name in draft.of_kind(ColumnKind.TEXT) if name != target]
    others = [
        name
        for name in draft.frame.columns
        if name != target and name not in texts and draft.kinds[name] not in _IGNORED
    ]
    if target is None:
        return Guess(
            "clustering", {}, "No column looks like something to predict, so rows that are alike are grouped.", 0.5
        )
    what, sure = ("classification", 0.8) if is_class(draft, target) else ("regression", 0.8)
    verb = "names a class" if what == "classification" else "is a number"
    sure = 0.9 if snake(target) in _SURE_TARGETS + _TARGETS else 0.6
    if len(texts) == 1 and len(others) <= 1:
        reason = f"{code(texts[0])} holds texts and {code(target)} {verb} for each."
        return Guess(f"text-{what}", {"text": texts[0], "target": target}, reason, sure)
    reason = f"{code(target)} {verb}, and {len(others) + len(texts):,} other columns may tell it."
    return Guess(f"tabular-{what}", {"target": target}, reason, sure)


_IGNORED = (ColumnKind.IDENTIFIER, ColumnKind.EMPTY)
_NO_TARGET = (
    ColumnKind.IDENTIFIER,
    ColumnKind.EMPTY,
    ColumnKind.IMAGE,
    ColumnKind.AUDIO,
    ColumnKind.DATE,
    ColumnKind.RECORD,
)


def find_target(draft: Draft, besides: list[str] | None = None) -> str | None:
    """The column that is probably to be predicted: by its name, else the last or the first that can be."""
    given = draft.spec.columns.get("target")
    if given:
        return given
    taken = {
        *(besides or ()),
        *(name for role, name in draft.spec.columns.items() if role != "inputs"),
        *words(draft.spec.columns, "inputs"),
    }
    free = [name for name in draft.frame.columns if name not in taken and draft.kinds[name] not in _NO_TARGET]
    called = _called_target(free, str(draft.frame.columns[-1]))
    if called:
        return called
    likely = [
        name for name in free if draft.kinds[name] is not ColumnKind.TEXT and draft.kinds[name] is not ColumnKind.LIST
    ]
    if not likely or (len(free) < 2 and not besides):
        return None
    last = draft.frame.columns[-1]
    return last if last in likely else likely[0] if likely[0] == draft.frame.columns[0] else None


def _called_target(free: list[str], last: str) -> str | None:
    """By name: what can be nothing else, else the last column if it is called like a target, else any that is."""
    by_name = {snake(name): name for name in reversed(free)}
    sure = next((by_name[hint] for hint in _SURE_TARGETS if hint in by_name), None)
    ends = next((name for name in free if snake(name).endswith(("_label", "_class", "_target"))), None)
    usual = last if last in free and snake(last) in _TARGETS else None
    return sure or ends or usual or next((by_name[hint] for hint in _TARGETS if hint in by_name), None)


def is_class(draft: Draft, target: str) -> bool:
    """Whether a column names classes rather than amounts."""
    if draft.kinds.get(target) is not ColumnKind.NUMBER:
        return True
    known = draft.frame[target].dropna()
    whole = bool((known == known.round()).all())
    distinct = known.nunique()
    if snake(target) in ("label", "labels", "class", "classes"):
        return whole and distinct <= 1000
    return whole and distinct <= _MANY_CLASSES and distinct * 5 <= len(known)
