from holdfast.inference.service.telemetry import InferenceTelemetry


def value(text: str, name: str) -> str:
    return next(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name))


def test_requests_durations_and_tokens_are_counted():
    telemetry = InferenceTelemetry()
    telemetry.note("fill-mask", "ok", 0.003, 5)
    telemetry.note("fill-mask", "ok", 0.2, 7)
    telemetry.note("fill-mask", "ModelBusy", 1000.0)
    text = telemetry.exposition([], 123)
    assert value(text, 'holdfast_inference_requests_total{task="fill-mask",outcome="ok"}') == "2"
    assert value(text, 'holdfast_inference_requests_total{task="fill-mask",outcome="ModelBusy"}') == "1"
    assert value(text, 'holdfast_inference_tokens_total{task="fill-mask"}') == "12"
    name = "holdfast_inference_request_seconds"
    assert value(text, f'{name}_bucket{{task="fill-mask",le="0.005"}}') == "1"
    assert value(text, f'{name}_bucket{{task="fill-mask",le="0.25"}}') == "2"
    assert value(text, f'{name}_bucket{{task="fill-mask",le="+Inf"}}') == "3"
    assert value(text, f'{name}_count{{task="fill-mask"}}') == "3"
    assert value(text, "holdfast_inference_memory_budget_bytes") == "123"
    assert text.endswith("\n")
