from __future__ import annotations

import re

from holdfast.accounts.fingerprints import fingerprint, new_token_secret, new_user_code, read_user_code


def test_tokens_look_like_the_hubs_and_differ():
    made = {new_token_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"hf_[A-Za-z0-9]{34}", secret) for secret in made)
    assert all(re.fullmatch(r"[0-9a-f]{64}", fingerprint(secret)) for secret in made)


def test_user_codes_survive_typing():
    code = new_user_code()
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", code)
    assert read_user_code(f" {code.lower().replace('-', ' ')} ") == code
