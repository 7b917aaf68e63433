"""Networks of the Hub that have seen many pictures: a new last layer for these labels, or all of it trained further.

What the network sees is what its last layer gets; a linear model over that *is* a new last layer. So both families
leave a plain transformers model. Dimensions: N pictures, F features, L labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.runtime.images import ImageReader, load_image_reader
from holdfast.inference.runtime.libraries import need
from holdfast.training.learning.anatomy import parameter_count
from holdfast.training.learning.base_models import folder_of
from holdfast.training.learning.following import report_to
from holdfast.training.learning.holdout import Fitted, Work
from holdfast.training.trainers.images.pictures import Pictures
from holdfast.training.trainers.interface import TrialFailed

Array = np.ndarray[Any, Any]
_BATCH = 16


@dataclass(frozen=True)
class Pretrained:
    """The families `embeddings-linear` and `fine-tuning` (parameters `epochs`, `learning_rate`, `batch_size`).

    Args:
        pictures: to learn from.
        base_model: a folder, or a model of the Hub.
        further: whether all weights learn, beginning with the linear model as last layer.
    """

    pictures: Pictures
    base_model: str
    further: bool

    def __call__(self, work: Work) -> Fitted:
        need("torch").manual_seed(work.seed)
        folder = folder_of(self.base_model)
        reader = load_image_reader(folder)
        model = self._model(folder)
        self._fit_head(model, reader, work)
        curve = self._fine_tune(model, reader, work) if self.further else {}
        model.eval()
        model.save_pretrained(work.folder)
        reader.processor.save_pretrained(work.folder)
        scores = self._forward(model, reader, work.judged)[1]
        return Fitted(scores, curve, {"parameters": parameter_count(model), "base_model": self.base_model})

    def _model(self, folder: Path) -> Any:
        labels = dict(enumerate(self.pictures.labels))
        return need("transformers").AutoModelForImageClassification.from_pretrained(
            folder,
            id2label=labels,
            label2id={label: index for index, label in labels.items()},
            ignore_mismatched_sizes=True,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )

    def _fit_head(self, model: Any, reader: ImageReader, work: Work) -> None:
        """A logistic regression over what the last layer gets, folded into its weights."""
        torch = need("torch")
        head = _head(model, len(self.pictures.labels))
        seen = self._forward(model, reader, work.learned)[0]
        truth = self.pictures.truth_N[work.learned]
        center, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-6
        linear = need("sklearn.linear_model").LogisticRegression(C=float(work.parameters.get("C", 1.0)), max_iter=500)
        linear.fit((seen - center) / spread, truth)
        weight, bias = np.zeros(head.weight.shape), np.full(len(head.bias), -20.0)
        two = len(linear.classes_) == 2
        found = np.concatenate([-linear.coef_ / 2, linear.coef_ / 2]) if two else linear.coef_
        shift = np.concatenate([-linear.intercept_ / 2, linear.intercept_ / 2]) if two else linear.intercept_
        weight[linear.classes_] = found / spread
        bias[linear.classes_] = shift - (found / spread) @ center
        with torch.no_grad():
            head.weight.copy_(torch.from_numpy(weight))
            head.bias.copy_(torch.from_numpy(bias))

    def _forward(self, model: Any, reader: ImageReader, rows: Array) -> tuple[Array, Array]:
        """What the last layer gets (N × F), and what the model gives each label (N × L)."""
        torch = need("torch")
        noted: list[Any] = []
        watch = _head(model, len(self.pictures.labels)).register_forward_pre_hook(
            lambda _layer, given: noted.append(given[0].reshape(len(given[0]), -1))
        )
        model.eval()
        scores = [np.zeros((0, len(self.pictures.labels)))]
        with torch.inference_mode():
            for start in range(0, len(rows), _BATCH):
                made = [reader.row(self.pictures.image(row))["pixel_values"] for row in rows[start : start + _BATCH]]
                logits = model(pixel_values=torch.from_numpy(np.stack(made)).to(model.device)).logits
                scores.append(logits.softmax(dim=1).cpu().numpy())
        watch.remove()
        seen = torch.cat(noted).cpu().numpy() if noted else np.zeros((0, 1))
        return seen, np.concatenate(scores)

    def _fine_tune(self, model: Any, reader: ImageReader, work: Work) -> Mapping[str, list[tuple[int, float]]]:
        transformers, torch = need("transformers"), need("torch")
        follower = report_to(work.tell, work.seconds)
        size = int(work.parameters.get("batch_size", _BATCH))
        settings = transformers.TrainingArguments(
            output_dir=str(work.folder.parent / "work"),
            num_train_epochs=float(work.parameters["epochs"]),
            learning_rate=float(work.parameters["learning_rate"]),
            per_device_train_batch_size=size,
            warmup_steps=0.1,
            weight_decay=0.01,
            logging_steps=max(1, len(work.learned) // size // 4),
            save_strategy="no",
            report_to=[],
            seed=work.seed,
            remove_unused_columns=False,
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        data = _Rows(self.pictures, reader, work.learned, torch)
        transformers.Trainer(model, settings, train_dataset=data, callbacks=[follower.callback]).train()
        return follower.curve


@dataclass(frozen=True)
class _Rows:
    """Pictures as a dataset of torch: read when they are asked for."""

    pictures: Pictures
    reader: ImageReader
    rows: Array
    torch: Any

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        values = self.reader.row(self.pictures.image(row))["pixel_values"]
        return {"pixel_values": self.torch.from_numpy(values), "labels": int(self.pictures.truth_N[row])}


def _head(model: Any, labels: int) -> Any:
    """The last linear layer, which gives the labels.

    Raises:
        TrialFailed: the model has none.
    """
    linear = need("torch").nn.Linear
    found = [layer for layer in model.modules() if isinstance(layer, linear) and layer.out_features == labels]
    if not found or found[-1].bias is None:
        raise TrialFailed("the model to start from has no last linear layer that could be fitted to these labels")
    return found[-1]
