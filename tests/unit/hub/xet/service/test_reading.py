"""Reconstructions, signed fetches, dedup, tokens."""

import random

import pytest

from holdfast.base.errors import (
    Forbidden,
    InvalidAccessToken,
    ObjectNotFound,
    RangeNotSatisfiable,
)
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.ranges import ByteRange
from holdfast.hub.xet import store as tables
from holdfast.hub.xet.domain import CasClaim, Scope
from holdfast.hub.xet.formats.hashes import XetHash, keyed_hash, split_hashes
from holdfast.hub.xet.formats.reconstruction import FetchRange
from holdfast.hub.xet.formats.xorb import decode_chunks
from holdfast.hub.xet.service import dedup as dedup_module
from tests.factories.xet import FOREIGNER, REPO, WRITER, claim_file, write_shard

CONTENT = random.Random(5).randbytes(300_000)
READER = CasClaim(REPO, None, Scope.READ)
BOB = Actor(user_id=3, username="bob")
WHERE = (RepoType.MODEL, RepoId.parse("a/b"))


class TestReconstructions:
    def test_a_plan_gives_the_file(self, store):
        file = store.store_file(CONTENT)
        plan = store.xet.reconstructions.plan(READER, file.hash)
        ((xorb, (span,)),) = plan.fetches.items()
        index = store.xet.source.files.index(xorb)
        reader = store.xet.fetches.open(xorb)
        stored = b"".join(reader.read(span.byte_start, span.byte_end))
        assert b"".join(decode_chunks(stored, index, span.chunk_start, span.chunk_end)) == CONTENT

    def test_of_a_range(self, store):
        file = store.store_file(CONTENT)
        plan = store.xet.reconstructions.plan(READER, file.hash, "bytes=10000-10001")
        assert (plan.terms[0].start, plan.terms[0].end, plan.offset_into_first_range, plan.length) == (1, 2, 1808, 2)

    def test_reading_ahead_past_the_end(self, store):
        file = store.store_file(CONTENT)
        with pytest.raises(RangeNotSatisfiable):
            store.xet.reconstructions.plan(READER, file.hash, f"bytes={len(CONTENT)}-")

    def test_a_foreign_repos_file_looks_unknown(self, store):
        file = store.store_file(CONTENT)
        with pytest.raises(ObjectNotFound) as foreign:
            store.xet.reconstructions.plan(FOREIGNER, file.hash)
        with pytest.raises(ObjectNotFound) as unknown:
            store.xet.reconstructions.plan(FOREIGNER, XetHash(bytes(32)))
        assert foreign.value.message.replace(foreign.value.oid, "") == unknown.value.message.replace(
            unknown.value.oid, ""
        )

    def test_the_same_file_uploaded_to_another_repo_is_readable_there(self, store):
        file = store.store_file(CONTENT)
        store.send_shard(write_shard(file), FOREIGNER)
        assert store.xet.reconstructions.plan(FOREIGNER, file.hash).length == len(CONTENT)


class TestFetches:
    SPANS = (FetchRange(0, 1, 100, 200), FetchRange(3, 4, 500, 600))

    @pytest.fixture
    def xorb(self, store):
        return store.store_xorb(CONTENT).hash

    def words(self, store, xorb):
        query = store.xet.fetches.query(xorb, self.SPANS)
        return [pair.partition("=")[2] for pair in query.split("&")]

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("bytes=100-199", [(100, 200)]),
            ("bytes=150-160", [(150, 161)]),
            ("bytes=500-599,100-199", [(500, 600), (100, 200)]),
        ],
    )
    def test_signed_ranges_are_allowed(self, store, xorb, header, expected):
        ranges = store.xet.fetches.allowed_ranges(xorb, *self.words(store, xorb), header)
        assert ranges == tuple(ByteRange(*pair) for pair in expected)

    @pytest.mark.parametrize(
        "header", [None, "bytes=99-199", "bytes=100-200", "bytes=100-", "bytes=-5", "bytes=150-550", "lines=1-2", "x"]
    )
    def test_other_bytes_are_not(self, store, xorb, header):
        with pytest.raises(Forbidden):
            store.xet.fetches.allowed_ranges(xorb, *self.words(store, xorb), header)

    def test_the_whole_xorb_if_all_of_it_is_signed(self, store, xorb):
        span = FetchRange(0, 1, 0, store.xet.fetches.stored_bytes(xorb))
        words, signature = (pair.partition("=")[2] for pair in store.xet.fetches.query(xorb, [span]).split("&"))
        assert store.xet.fetches.allowed_ranges(xorb, words, signature, None) is None

    def test_forged_and_expired_signatures(self, store, xorb):
        words, signature = self.words(store, xorb)
        other = store.store_xorb(CONTENT[:1000]).hash
        for attempt in [
            (xorb, "0-600", signature),
            (other, words, signature),
            (xorb, words, signature[:-1]),
            (xorb, "", ""),
        ]:
            with pytest.raises(Forbidden):
                store.xet.fetches.allowed_ranges(*attempt, "bytes=100-199")
        store.now[0] += 3602 * 1000
        with pytest.raises(Forbidden):
            store.xet.fetches.allowed_ranges(xorb, words, signature, "bytes=100-199")

    def test_a_xorb_that_is_gone(self, store, xorb):
        words = self.words(store, xorb)
        with store.database.write() as connection:
            connection.execute(tables.XORB.delete())
        with pytest.raises(ObjectNotFound):
            store.xet.fetches.allowed_ranges(xorb, *words, "bytes=100-199")


class TestDedup:
    def hashes(self, reply):
        """Keyed chunk hashes and names of xorbs in a reply."""
        key = reply[-200 + 72 : -200 + 104]
        records = [reply[at : at + 48] for at in range(96, len(reply) - 200, 48)]
        return key, {record[:32] for record in records}

    def test_the_first_chunk_of_a_file_leads_to_all_of_it(self, store):
        first, second = store.store_xorb(CONTENT[:100_000]), store.store_xorb(CONTENT[100_000:])
        store.send_shard(write_shard(claim_file((first, 0, len(first)), (second, 0, len(second)))))
        reply = store.xet.dedup.find(XetHash(first.chunk_hashes(0, 1)))
        key, found = self.hashes(reply)
        assert {first.hash, second.hash} <= found
        assert {keyed_hash(raw, key) for raw in split_hashes(first.hashes + second.hashes)} <= found
        assert not set(split_hashes(first.hashes)) & found

    def test_keys_are_fresh_and_the_answer_expires(self, store):
        file = store.store_file(CONTENT)
        chunk = XetHash(store.xet.source.files.index(file.terms[0].xorb).chunk_hashes(0, 1))
        one, other = (store.xet.dedup.find(chunk) for _ in range(2))
        assert self.hashes(one)[0] != self.hashes(other)[0]
        assert int.from_bytes(one[-88:-80], "little") == store.now[0] // 1000 + 7 * 24 * 3600

    def test_unknown_and_ordinary_chunks(self, store):
        file = store.store_file(CONTENT)
        second = store.xet.source.files.index(file.terms[0].xorb).chunk_hashes(1, 2)
        for chunk in (XetHash(bytes(32)), XetHash(second)):
            with pytest.raises(ObjectNotFound):
                store.xet.dedup.find(chunk)

    def test_xorbs_that_no_file_uses_or_that_are_condemned_are_not_told(self, store):
        file = store.store_file(CONTENT)
        chunk = XetHash(store.xet.source.files.index(file.terms[0].xorb).chunk_hashes(0, 1))
        with store.database.write() as connection:
            (seen,) = tables.find_xorbs(connection, [file.terms[0].xorb]).values()
            tables.condemn_xorbs(connection, [seen], store.now[0])
        with pytest.raises(ObjectNotFound):
            store.xet.dedup.find(chunk)

    def test_neighbours_of_one_chunk_stay_hidden_for_their_name_is_the_chunks_hash(self, store):
        first, lonely = store.store_xorb(CONTENT[:100_000]), store.store_xorb(CONTENT[:5000])
        assert len(lonely) == 1
        store.send_shard(write_shard(claim_file((first, 0, len(first)), (lonely, 0, 1))))
        _, found = self.hashes(store.xet.dedup.find(XetHash(first.chunk_hashes(0, 1))))
        assert first.hash in found
        assert lonely.hash not in found

    def test_answers_are_bounded(self, store, monkeypatch):
        xorbs = [store.store_xorb(CONTENT[at : at + 50_000]) for at in range(0, 300_000, 50_000)]
        store.send_shard(write_shard(claim_file(*((index, 0, len(index)) for index in xorbs))))
        monkeypatch.setattr(dedup_module, "MAX_REPLY_CHUNKS", 2 * len(xorbs[0]))
        chunk = XetHash(xorbs[0].chunk_hashes(0, 1))
        _, found = self.hashes(store.xet.dedup.find(chunk))
        assert [index.hash in found for index in xorbs] == [True, True, False, False, False, False]


class TestTokens:
    def header(self, store, scope, **options):
        return "Bearer " + store.xet.tokens.issue(BOB, *WHERE, scope, **options).word

    def test_a_token_says_repo_user_and_scope(self, store):
        header = self.header(store, Scope.WRITE)
        assert store.xet.tokens.read(header, Scope.READ) == CasClaim(REPO, 3, Scope.WRITE)
        assert store.xet.tokens.read(header.replace("Bearer", "bearer"), Scope.WRITE).scope is Scope.WRITE

    def test_a_token_for_reading_does_not_write(self, store):
        with pytest.raises(Forbidden):
            store.xet.tokens.read(self.header(store, Scope.READ), Scope.WRITE)

    @pytest.mark.parametrize("header", [None, "", "Bearer ", "Bearer x.y", "Basic abc", "Bearer \xff.1.2"])
    def test_other_words_are_no_tokens(self, store, header):
        with pytest.raises(InvalidAccessToken):
            store.xet.tokens.read(header, Scope.READ)

    def test_tokens_expire_after_an_hour(self, store):
        access = store.xet.tokens.issue(BOB, *WHERE, Scope.READ)
        assert access.expires_at_seconds == store.now[0] // 1000 + 3600
        store.now[0] += 3602 * 1000
        with pytest.raises(InvalidAccessToken):
            store.xet.tokens.read("Bearer " + access.word, Scope.READ)

    def test_a_fetch_signature_is_no_token_and_the_other_way_round(self, store):
        word = store.xet.fetches.signer.seal("xet-fetch", WRITER.to_text(), 100)
        with pytest.raises(InvalidAccessToken):
            store.xet.tokens.read("Bearer " + word, Scope.READ)

    @pytest.mark.parametrize(
        ("granted", "scope", "for_pull_request", "allowed"),
        [
            (Permission.READ_REPO, Scope.READ, False, True),
            (Permission.READ_REPO, Scope.WRITE, False, False),
            (Permission.WRITE_REPO, Scope.WRITE, False, True),
            (Permission.DISCUSS_REPO, Scope.WRITE, False, False),
            (Permission.DISCUSS_REPO, Scope.WRITE, True, True),
            (Permission.SEE_REPO, Scope.READ, False, False),
        ],
    )
    def test_which_permission_is_asked(self, store, granted, scope, for_pull_request, allowed):
        store.access.granted = {granted}
        if allowed:
            self.header(store, scope, for_pull_request=for_pull_request)
        else:
            with pytest.raises(Forbidden):
                self.header(store, scope, for_pull_request=for_pull_request)

    def test_the_url_carries_the_epoch(self, store):
        path = store.xet.tokens.issue(BOB, *WHERE, Scope.READ).path
        assert store.xet.tokens.issue(BOB, *WHERE, Scope.READ).path == path
        epoch = store.xet.epochs.bump_now()
        assert store.xet.tokens.issue(BOB, *WHERE, Scope.READ).path == f"/cas/{epoch}" != path
