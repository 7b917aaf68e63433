"""The driver for models on servers that speak the OpenAI API: vLLM, SGLang, TGI, TEI, llama.cpp, or another Holdfast.

`engine` speaks HTTP, `translations` turns questions of a task into requests of that API and back.
"""
