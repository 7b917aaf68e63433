"""What a person does with datasets: `datasets_journey.py REPO_ID`."""

import io
import sys

from datasets import ClassLabel, Dataset, DatasetDict, Features, Value, load_dataset, load_dataset_builder
from huggingface_hub import HfApi

FEATURES = Features(
    {"text": Value("string"), "label": ClassLabel(names=["negative", "positive"]), "score": Value("float32")}
)


def rows(count, offset=0):
    return {
        "text": [f"row {offset + i} é" for i in range(count)],
        "label": [i % 2 for i in range(count)],
        "score": [i / 8 for i in range(count)],
    }


def push_and_load(repo_id):
    """Splits and features survive; a second push replaces the first; a config lives beside the default one."""
    splits = {"train": Dataset.from_dict(rows(500), FEATURES), "test": Dataset.from_dict(rows(60, 500), FEATURES)}
    DatasetDict(splits).push_to_hub(repo_id, private=True)
    loaded = load_dataset(repo_id)
    assert {name: len(split) for name, split in loaded.items()} == {"train": 500, "test": 60}
    assert loaded["train"].features == FEATURES
    assert loaded["test"][0] == splits["test"][0]

    splits["train"].select(range(10)).push_to_hub(repo_id, config_name="small")
    assert len(load_dataset(repo_id, "small", split="train")) == 10
    assert load_dataset_builder(repo_id).info.splits["train"].num_examples == 500


def stream(repo_id):
    """Streaming reads parquet by ranges, in order, from the middle too."""
    streamed = load_dataset(repo_id, split="train", streaming=True)
    assert [row["text"] for row in streamed.take(3)] == ["row 0 é", "row 1 é", "row 2 é"]
    assert next(iter(streamed.skip(400)))["text"] == "row 400 é"
    assert sum(1 for _ in streamed) == 500


def load_raw_files(repo_id):
    """A repo of plain csv and jsonl files, as people upload by hand."""
    api = HfApi()
    api.create_repo(repo_id, repo_type="dataset")
    csv = "x,y\n" + "".join(f"{i},{i * i}\n" for i in range(20))
    api.upload_file(
        path_or_fileobj=io.BytesIO(csv.encode()), path_in_repo="train.csv", repo_id=repo_id, repo_type="dataset"
    )
    assert load_dataset(repo_id, split="train")[7] == {"x": 7, "y": 49}
    rows_of_csv = list(load_dataset(repo_id, split="train", streaming=True))
    assert rows_of_csv[-1] == {"x": 19, "y": 361}


if __name__ == "__main__":
    push_and_load(sys.argv[1])
    stream(sys.argv[1])
    load_raw_files(f"{sys.argv[1]}-raw")
