"""What a generated text must look like: a JSON Schema or a regular expression, from the ways clients say it. Pure.

A grammar is JSON text, `{"json_schema": …}` or `{"regex": …}`: it is compared, and crosses processes.
Source: OpenAI API reference, response_format and tool_choice; text-generation-inference, grammar.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.base.json_values import nests_too_deep

_ANY_OBJECT = {"type": "object"}


def grammar_of_format(response_format: Mapping[str, Any] | None) -> str:
    """A chat's `response_format` as a grammar; empty: any text will do.

    Raises:
        InvalidInput: it lacks its schema, or has one that is none.
    """
    kind = (response_format or {}).get("type", "text")
    if response_format is None or kind == "text":
        return ""
    name = "parameters.response_format"
    if kind == "json_object":
        # `value` is where huggingface_hub's client puts the schema of a json_schema.
        return _of_schema(response_format.get("value") or _ANY_OBJECT, f"{name}.value")
    return _of_schema((response_format.get("json_schema") or {}).get("schema"), f"{name}.json_schema.schema")


def grammar_of_parameter(grammar: Mapping[str, Any] | None) -> str:
    """`grammar` of text-generation: `{"type": "json" | "json_schema" | "regex", "value": …}`; empty for None.

    Raises:
        InvalidInput: it is not such an object.
    """
    if grammar is None:
        return ""
    value = grammar.get("value")
    name = "parameters.grammar.value"
    if grammar["type"] == "regex":
        if not isinstance(value, str):
            raise InvalidInput(field=name, problem="must be a regular expression")
        return json.dumps({"regex": value})
    nested = value.get("schema") if grammar["type"] == "json_schema" and isinstance(value, Mapping) else None
    return _of_schema(nested if isinstance(nested, Mapping) else value, name)


def grammar_of_calls(tools: Sequence[Mapping[str, Any]], choice: Any) -> str:
    """A call of one of the tools, or of the one that is named, where `tool_choice` demands it; else empty.

    Raises:
        InvalidInput: the named one is not offered, or none is.
    """
    if choice in (None, "auto", "none"):
        return ""
    wanted = None if choice == "required" else choice["function"]["name"]
    functions = [tool["function"] for tool in tools if wanted in (None, tool["function"]["name"])]
    if not functions:
        raise InvalidInput(field="parameters.tool_choice", problem="names no tool that is offered in `tools`")
    return _of_schema(_one_of([_call_schema(function) for function in functions]), "parameters.tools")


def with_calls(grammar: str, tools: Sequence[Mapping[str, Any]]) -> str:
    """A grammar of a format, or a call of one of the tools: who may call one need not answer in the format yet.

    Raises:
        InvalidInput: what a tool takes is no schema.
    """
    if not grammar or not tools:
        return grammar
    calls = [_call_schema(tool["function"]) for tool in tools]
    return _of_schema(_one_of([json.loads(grammar)["json_schema"], *calls]), "parameters.tools")


def _call_schema(function: Mapping[str, Any]) -> dict[str, Any]:
    arguments = function.get("parameters") or _ANY_OBJECT
    if not isinstance(arguments, Mapping) or nests_too_deep(arguments):
        raise InvalidInput(field="parameters.tools", problem=f"must have JSON Schemas; {function['name']!r} has none")
    properties = {"name": {"const": function["name"]}, "arguments": _moved(arguments, "#/properties/arguments")}
    required = ["name", "arguments"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _one_of(schemas: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(schemas) == 1:
        return schemas[0]
    return {"anyOf": [_moved(schema, f"#/anyOf/{index}") for index, schema in enumerate(schemas)]}


def _moved(schema: Any, place: str) -> Any:
    """A schema that stands within another one: its references, which begin at the root, find their targets there."""
    if isinstance(schema, Mapping):
        return {
            key: place + value[1:]
            if key == "$ref" and isinstance(value, str) and value[:1] == "#"
            else _moved(value, place)
            for key, value in schema.items()
        }
    return [_moved(one, place) for one in schema] if isinstance(schema, list) else schema


def _of_schema(schema: Any, name: str) -> str:
    if not isinstance(schema, Mapping) or nests_too_deep(schema):
        raise InvalidInput(field=name, problem="must be a JSON Schema")
    return json.dumps({"json_schema": schema})
