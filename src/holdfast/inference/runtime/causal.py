"""Language models that go on with a text: prompts to rows, and how much room is left behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.adapters import Adapter
from holdfast.inference.runtime.generation import Generator
from holdfast.inference.runtime.loading import load_model
from holdfast.inference.runtime.rows import Row
from holdfast.inference.runtime.sharing import shared
from holdfast.inference.runtime.texts import TextReader, load_text_reader


@dataclass(frozen=True)
class LanguageModel:
    """A decoder with its tokenizer. `base`: the same without an adapter, which must not be loaded twice."""

    generator: Generator
    reader: TextReader
    base: LanguageModel | None = None

    @staticmethod
    def check_prompt(row: Row, name: str) -> Row:
        """The prompt, unless it is empty: there is nothing that a text could go on from.

        Raises:
            InvalidInput: the tokenizer found nothing to read in it.
        """
        if not len(row["input_ids"]):
            raise InvalidInput(field=name, problem="hold nothing that this model's tokenizer can read")
        return row

    def room(self, row: Row, wanted: int, *, was_asked: bool) -> int:
        """How many tokens can be made behind a prompt.

        Args:
            row: the prompt.
            wanted: how many are wanted.
            was_asked: the caller said so, and is told if there is not so much room.

        Raises:
            TooLarge: the prompt fills the model's window, or does so with what is wanted.
        """
        limit = self.reader.max_tokens
        if limit is None:
            return wanted
        left = limit - len(row["input_ids"])
        if left < 1 or (was_asked and wanted > left):
            tokens = f"{len(row['input_ids'])} tokens of prompt and {wanted} new ones: together this"
            raise TooLarge(what=tokens, limit=f"{limit} tokens")
        return min(wanted, left)

    def checked_grammar(self, grammar: str, name: str) -> str:
        """A grammar that can be followed; the empty one always can.

        Raises:
            InvalidInput: it cannot; names the field.
        """
        if grammar:
            self.generator.grammars.check(grammar, name)
        return grammar


def load_language_model(folder: Path, wish: Wish) -> LanguageModel:
    """Load a decoder, or take the one that another task has loaded. Raises what `load_model` raises."""
    return shared(_load_adapted if wish.adapter else _load, folder, wish)


def _load(folder: Path, wish: Wish) -> LanguageModel:
    loaded = load_model(folder, "AutoModelForCausalLM", wish)
    reader = load_text_reader(folder, loaded)
    return LanguageModel(Generator(loaded, reader.tokenizer), reader)


def _load_adapted(folder: Path, wish: Wish) -> LanguageModel:
    """A decoder with an adapter beside it: the same weights, thin matrices and perhaps a tokenizer of its own."""
    base = load_language_model(folder, replace(wish, adapter=""))
    generator = base.generator
    adapter = generator.decoder.adapters.add(Adapter(Path(wish.adapter)))
    reader = load_text_reader(Path(wish.adapter), generator.loaded)
    if len(reader.tokenizer) > generator.loaded.model.get_input_embeddings().weight.shape[0]:
        raise UnusableModel(problem="its tokenizer has more tokens than its base model knows")
    return LanguageModel(Generator(generator.loaded, reader.tokenizer, adapter, generator), reader, base)
