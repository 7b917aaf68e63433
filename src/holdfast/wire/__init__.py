"""Hub protocol shapes as typed records: what goes over the wire, without behaviour.

Source: the attributes that huggingface_hub 2.4.0 hf_api.py reads, and the public Hub's documented answers.
"""
