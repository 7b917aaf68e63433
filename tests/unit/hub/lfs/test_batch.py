import pytest

from holdfast.base.errors import Forbidden, LoginRequired, ObjectNotFound, RepoNotFound
from holdfast.base.identity import ANONYMOUS
from holdfast.hub.lfs.domain import ObjectSpec, Operation, Refusal, Ticket, XetAction
from holdfast.hub.objects import store
from holdfast.hub.objects.domain import ObjectKind, ObjectState
from tests.factories.lfs import ALICE, BOB, CAROL, spec_of

DATA = b"weights"
SPEC = spec_of(DATA)


def only(answer):
    assert len(answer.objects) == 1
    return answer.objects[0].result


def test_new_object_is_uploaded_and_then_downloaded(lfs):
    answer = lfs.ask_upload(ALICE, "alice/a", SPEC)
    assert answer.transfer == "basic"
    lfs.send(only(answer), DATA)
    assert only(lfs.ask_upload(ALICE, "alice/a", SPEC)) is None
    ticket = only(lfs.ask_download(ANONYMOUS, "alice/a", SPEC))
    assert ticket.operation is Operation.DOWNLOAD
    reader = lfs.transfers.open(lfs.tickets.read_download(ticket.word))
    assert b"".join(reader.read(0, reader.size_bytes)) == DATA
    reader.close()


@pytest.mark.parametrize(
    ("actor", "repo", "operation", "error"),
    [
        (ANONYMOUS, "alice/a", Operation.UPLOAD, LoginRequired),
        (ALICE, "carol/private", Operation.UPLOAD, RepoNotFound),
        (ALICE, "carol/private", Operation.DOWNLOAD, RepoNotFound),
        (ALICE, "alice/none", Operation.DOWNLOAD, RepoNotFound),
    ],
)
def test_permissions(lfs, actor, repo, operation, error):
    with pytest.raises(error):
        lfs.batch(actor, repo, operation, SPEC)


def test_a_reader_may_upload_for_a_pull_request(lfs):
    lfs.send(only(lfs.ask_upload(CAROL, "alice/a", SPEC)), DATA)
    assert only(lfs.ask_upload(ALICE, "alice/a", SPEC)) is None


def test_knowing_a_hash_is_not_having_the_bytes(lfs):
    lfs.push(CAROL, "carol/private", DATA)
    assert only(lfs.ask_download(ALICE, "alice/a", SPEC)).code == 404
    ticket = only(lfs.ask_upload(ALICE, "alice/a", SPEC))
    assert isinstance(ticket, Ticket)
    assert not lfs.linked(1, SPEC)
    lfs.send(ticket, DATA)
    assert lfs.linked(1, SPEC)


def test_the_answer_does_not_tell_that_a_foreign_repo_has_the_object(lfs):
    lfs.push(CAROL, "carol/private", DATA)
    wrong = ObjectSpec(SPEC.oid, 5)
    assert isinstance(only(lfs.ask_upload(ALICE, "alice/a", wrong)), Ticket)


def test_an_object_of_a_repo_that_the_actor_may_read_is_linked(lfs):
    lfs.push(ALICE, "alice/b", DATA)
    assert only(lfs.ask_upload(BOB, "alice/a", SPEC)) is None
    assert lfs.linked(1, SPEC)


def test_a_provisional_object_of_another_repo_is_not_shared(lfs):
    with lfs.database.write() as connection:
        lfs.objects.record(connection, SPEC.oid, 7, ObjectKind.XET, ObjectState.PROVISIONAL)
        lfs.objects.link(connection, 2, [SPEC.oid])
    assert isinstance(only(lfs.ask_upload(ALICE, "alice/a", SPEC)), Ticket)


def test_refusals_by_object_leave_the_others_alone(lfs):
    lfs.push(ALICE, "alice/a", DATA)
    big, new, wrong = ObjectSpec("1" * 64, (8 << 20) + 1), ObjectSpec("2" * 64, 10), ObjectSpec(SPEC.oid, 8)
    answer = lfs.ask_upload(ALICE, "alice/a", big, new, wrong, SPEC)
    assert [type(one.result) for one in answer.objects] == [Refusal, Ticket, Refusal, type(None)]
    assert [one.result.code for one in answer.objects if isinstance(one.result, Refusal)] == [422, 422]
    answer = lfs.ask_download(ALICE, "alice/a", wrong, new)
    assert [one.result.code for one in answer.objects] == [422, 404]


def test_asking_again_cancels_condemnation(lfs):
    lfs.push(ALICE, "alice/a", DATA)
    with lfs.database.write() as connection:
        assert store.condemn(connection, store.find(connection, [SPEC.oid])[0], 1)
    lfs.ask_upload(ALICE, "alice/a", SPEC)
    with lfs.database.read() as connection:
        assert store.find(connection, [SPEC.oid])[0].condemned_at is None


@pytest.mark.parametrize(
    ("transfers", "sizes", "transfer", "parts"),
    [
        ((), (100,), "basic", [None]),
        (("basic",), (100,), "basic", [None]),
        (("basic", "multipart"), (99,), "basic", [None]),
        (("basic", "multipart"), (99, 100, 0), "multipart", [(40, 3), (40, 3), (40, 0)]),
    ],
)
def test_parts_are_for_large_objects_and_clients_that_can(lfs, transfers, sizes, transfer, parts):
    specs = [ObjectSpec(f"{number:064x}", size) for number, size in enumerate(sizes)]
    answer = lfs.ask_upload(ALICE, "alice/a", *specs, transfers=transfers)
    assert answer.transfer == transfer
    found = [one.result.parts for one in answer.objects]
    assert [part and (part.size_bytes, part.count) for part in found] == parts


def test_xet_where_it_is_served_and_offered(lfs):
    offered = ("basic", "multipart", "xet")
    assert lfs.ask_upload(ALICE, "alice/a", SPEC, transfers=offered).transfer == "basic"
    assert lfs.ask_upload(ALICE, "alice/a", SPEC, transfers=("basic",), xet=True).transfer == "basic"
    answer = lfs.ask_upload(ALICE, "alice/a", SPEC, transfers=offered, xet=True)
    assert answer.transfer == "xet"
    assert only(answer) == XetAction("http://hub/cas/1", {"X-Xet-Cas-Url": "http://hub/cas/1"})
    lfs.push(ALICE, "alice/a", DATA)
    assert only(lfs.ask_upload(ALICE, "alice/a", SPEC, transfers=offered, xet=True)) is None


@pytest.mark.parametrize("change", ["oid", "end", "purpose", "expired", "junk"])
def test_tickets_cannot_be_forged(lfs, change):
    ticket = only(lfs.ask_upload(ALICE, "alice/a", SPEC))
    word = ticket.word
    if change == "oid":
        word = "x" + word[1:]
    elif change == "end":
        word = word[:-1] + ("A" if word[-1] != "A" else "B")
    elif change == "purpose":
        word = lfs.tickets.download(SPEC).word
    elif change == "expired":
        lfs.now[0] += 7 * 3600 * 1000
    else:
        word = "é.%%.."
    with pytest.raises(Forbidden):
        lfs.tickets.read_upload(word)


def test_download_of_a_deleted_object(lfs):
    lfs.push(ALICE, "alice/a", DATA)
    with lfs.database.write() as connection:
        connection.execute(store.OBJECT.delete())
    with pytest.raises(ObjectNotFound):
        lfs.transfers.open(SPEC)
