"""A LitServe app as its documentation shows one: `python litserve_app.py TASK FOLDER NEW_TOKENS PORT`.

Run by its own program, which has LitServe: batches of up to 32 that wait 5 ms for each other.
"""

import sys
from pathlib import Path

import litserve

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.serving.plain import load


class App(litserve.LitAPI):
    def setup(self, device):  # noqa: ARG002 - LitServe's signature
        task, folder, new_tokens = sys.argv[1:4]
        self.run = load(task, folder, int(new_tokens))

    def decode_request(self, request):
        return request["inputs"]

    def predict(self, x):
        return self.run(x)

    def encode_response(self, output):
        return {"output": output}


if __name__ == "__main__":
    server = litserve.LitServer(App(max_batch_size=32, batch_timeout=0.005), accelerator="cpu", timeout=False)
    server.run(host="127.0.0.1", port=int(sys.argv[4]), generate_client_file=False, log_level="warning")
