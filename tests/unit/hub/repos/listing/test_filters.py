import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import Cursor, ListQuery, Memory, Range, Sort, parse_list_query


def parse(query, repo_type=RepoType.MODEL):
    pairs = [tuple(pair.split("=", 1)) for pair in query.split("&") if pair]
    return parse_list_query(repo_type, pairs)


def test_nothing_asked():
    assert parse("") == ListQuery(RepoType.MODEL)


def test_every_parameter_of_the_newest_client():
    query = parse(
        "filter=bert&filter=jax&filter=dataset:Glue&author=google&apps=ollama&gated=true&search=tiny&pipeline_tag=fill-mask"
        "&num_parameters=min:6B,max:128B&sort=lastModified&limit=10&full=True&config=True&cardData=True&cursor="
        + Cursor(5, 7).encode()
    )
    assert query.tags == ("bert", "jax", "dataset:glue", "fill-mask", "gguf")
    assert (query.author, query.gated, query.search) == ("google", True, ("tiny",))
    assert query.parameters == Range(6_000_000_000, 128_000_000_000)
    assert (query.sort, query.descending, query.limit) == (Sort.LAST_MODIFIED, True, 10)
    assert (query.full, query.config, query.card_data) == (True, True, True)
    assert query.cursor == Cursor(5, 7)


@pytest.mark.parametrize("word", ["true", "True", "1"])
def test_booleans_of_all_generations(word):
    assert parse(f"full={word}&gated={word}").full is True
    assert parse("gated=False").gated is False
    assert parse("gated=").gated is None


@pytest.mark.parametrize(
    ("word", "sort"),
    [
        ("created_at", Sort.CREATED_AT),
        ("last_modified", Sort.LAST_MODIFIED),
        ("trending_score", Sort.TRENDING_SCORE),
        ("downloads", Sort.DOWNLOADS),
        ("LIKES", Sort.LIKES),
    ],
)
def test_old_names_of_sorts(word, sort):
    assert parse(f"sort={word}&direction=-1").sort is sort


def test_old_clients_join_filters_with_commas_and_name_fields():
    query = parse("filter=pytorch,en&trained_dataset=common_voice&language=fr&library=timm&license=MIT")
    assert query.tags == ("pytorch", "en", "timm", "dataset:common_voice", "license:mit", "fr")
    assert parse("language=fr", RepoType.DATASET).tags == ("language:fr",)
    assert parse("filter=language:fr", RepoType.DATASET).tags == ("language:fr",)
    assert parse("filter=language:fr").tags == ("fr",)
    assert parse("benchmark=official", RepoType.DATASET).tags == ("benchmark:official",)


def test_spaces():
    query = parse("models=A/b&models=c/d&datasets=X/y&linked=True&search=a/b", RepoType.SPACE)
    assert (query.models, query.datasets, query.linked) == (("a/b", "c/d"), ("x/y",), True)
    with pytest.raises(InvalidInput):
        parse("sort=downloads", RepoType.SPACE)


def test_what_only_the_public_hub_has_matches_nothing():
    assert parse("inference=warm").matches_nothing
    assert parse("inference_provider=all").matches_nothing
    assert not parse("search=x").matches_nothing


def test_expand_is_checked_and_limit_cut():
    assert parse("expand=author&expand[]=sha&limit=99999").expand == ("author", "sha")
    assert parse("limit=99999").limit == 1000
    with pytest.raises(InvalidInput, match="expected one of"):
        parse("expand=foo")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "sort=size",
        "gated=maybe",
        "num_parameters=6B",
        "num_parameters=min:6B,min:7B",
        "cursor=!!",
        "cursor=" + "A" * 50,
        "search=" + "x" * 301,
        "&".join(["filter=a"] * 51),
    ],
)
def test_refusals(query):
    with pytest.raises(InvalidInput):
        parse(query)


@pytest.mark.parametrize(("text", "range_"), [("min:1.5K", Range(1500, None)), ("max:2t", Range(None, 2 * 10**12))])
def test_open_ranges(text, range_):
    assert parse(f"num_parameters={text}").parameters == range_


@given(value=st.integers(0, 2**53) | st.floats(0, 1e9), key=st.integers(0, 2**53))
def test_cursors_come_back_exactly(value, key):
    assert Cursor.decode(Cursor(value, key).encode()) == Cursor(value, key)


@given(st.text(max_size=30))
def test_any_cursor_is_read_or_refused(word):
    try:
        Cursor.decode(word)
    except InvalidInput:
        return


@pytest.mark.parametrize(("value", "key"), [(2**63, 1), (1, 2**63), (2**64 - 1, 2**64 - 1), (1e300, 1)])
def test_cursors_hold_no_numbers_that_a_database_cannot(value, key):
    with pytest.raises(InvalidInput, match="cursor"):
        Cursor.decode(Cursor(value, key).encode())


def test_no_number_of_parameters_is_beyond_a_database():
    found = parse("num_parameters=min:1K,max:999999999T").parameters
    assert found is not None
    assert found.high is not None
    assert 10**15 < found.high < 2**63


def test_words_of_list_pages():
    query = parse("commercial=true&training=RL-tuned&precision=bf16&size=1b-3b&fits=16GB&min_parameters=1B&gated=no")
    assert set(query.facets) == {"commercial:yes", "size:1b-3b", "precision:bf16", "training:rl-tuned"}
    assert query.fits == Memory(16 * 2**30)
    assert query.parameters == Range(10**9, None)
    assert query.gated is False
    assert parse("fits=here").fits == Memory()


def test_fields_of_datasets_and_the_sdk_of_spaces_are_tags():
    query = parse("task_categories=translation&format=csv&commercial=no&size=1b-3b", RepoType.DATASET)
    assert query.tags == ("task_categories:translation", "format:csv")
    assert query.facets == ("commercial:no",)
    assert parse("sdk=gradio", RepoType.SPACE).tags == ("gradio",)


@pytest.mark.parametrize("words", ["commercial=perhaps", "size=huge", "fits=much", "fits=1TB", "min_parameters=x"])
def test_words_that_mean_nothing_are_refused(words):
    with pytest.raises(InvalidInput):
        parse(words)
