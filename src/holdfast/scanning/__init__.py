"""Scanning: looks into files that could run code when they are loaded, and says what they would import.

It never loads one: a pickle's instructions are read, not run. A file is judged by a list of names known to be harmless;
whatever is not on it, or can't be read to its end, is no more than unproven, and what reaches for the system is called
dangerous. It looks for no viruses and proves no file safe.

Words: a *scan* is what was found in one content, whatever its name or repo; its *level* is that of its worst import.
"""
