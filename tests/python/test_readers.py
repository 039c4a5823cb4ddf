"""What `get` makes of an entry, by the ending of its key."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
import unio
from python_scenes import NAME, publish, run_python
from unio import readers

pandas = pytest.importorskip("pandas")
numpy = pytest.importorskip("numpy")
pyarrow = pytest.importorskip("pyarrow")
Image = pytest.importorskip("PIL.Image")

TABLE = pandas.DataFrame({"name": ["ä", "b"], "size": [1, 2]})


@pytest.fixture
def reader_table() -> Iterator[None]:
    """Readers that a test registers end with it."""
    before = dict(readers._readers)
    yield
    readers._readers.clear()
    readers._readers.update(before)


def get(key: str, content: bytes) -> object:
    return publish(files={key: content}).get(key)


@pytest.mark.parametrize("key", ["x.json", "deep/X.JSON", "a.b.geojson", "n.ipynb"])
def test_json_becomes_python_objects(key: str, folder_registry: str) -> None:
    assert get(key, '{"a": [1, null, "ü"]}'.encode()) == {"a": [1, None, "ü"]}


def test_lines_of_json_become_a_list(folder_registry: str) -> None:
    assert get("x.jsonl", b'{"a": 1}\n\n[2]\r\n') == [{"a": 1}, [2]]


def test_lines_of_json_end_only_where_json_lines_end(folder_registry: str) -> None:
    rows = [{"text": "one\u2028two\x85three\x0bfour\x1cfive"}, 2]
    assert get("x.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()) == rows


@pytest.mark.parametrize("key", ["x.txt", "README.md", "x.yaml", "x.py"])
def test_text_becomes_str_where_it_is_text(key: str, folder_registry: str) -> None:
    assert get(key, "süß\r\n".encode()) == "süß\r\n"
    assert get(key, b"\xff\xfe") == b"\xff\xfe"


def test_tables_become_frames(folder_registry: str) -> None:
    feather, parquet = io.BytesIO(), io.BytesIO()
    TABLE.to_feather(feather)
    TABLE.to_parquet(parquet)
    files = {
        "x.csv": TABLE.to_csv(index=False).encode(),
        "x.tsv": TABLE.to_csv(index=False, sep="\t").encode(),
        "x.parquet": parquet.getvalue(),
        "x.feather": feather.getvalue(),
        "x.arrow": feather.getvalue(),
    }
    pkg = publish(files=files)
    for key in files:
        pandas.testing.assert_frame_equal(pkg.get(key), TABLE)


def test_a_stream_of_arrow_is_read_as_well_as_a_file(folder_registry: str) -> None:
    sink = io.BytesIO()
    table = pyarrow.Table.from_pandas(TABLE)
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    pandas.testing.assert_frame_equal(get("x.arrow", sink.getvalue()), TABLE)


def test_arrays_become_arrays(folder_registry: str) -> None:
    one, many = io.BytesIO(), io.BytesIO()
    numpy.save(one, numpy.arange(6).reshape(2, 3))
    numpy.savez(many, a=numpy.arange(3))
    pkg = publish(files={"x.npy": one.getvalue(), "x.npz": many.getvalue()})
    assert pkg.get("x.npy").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert pkg.get("x.npz")["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_images_become_images(format: str, folder_registry: str) -> None:
    content = io.BytesIO()
    Image.new("RGB", (4, 3), (200, 0, 0)).save(content, format)
    image = get(f"x.{format}", content.getvalue())
    assert isinstance(image, Image.Image)
    assert (image.size, image.getpixel((0, 0))[0] > 150) == ((4, 3), True)


@pytest.mark.parametrize("key", ["x", "x.unknown", ".json", "x.csv.zst", "json"])
def test_other_types_stay_bytes(key: str, folder_registry: str) -> None:
    assert get(key, b'"content"') == b'"content"'


BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pandas", "numpy", "PIL", "pyarrow", "fsspec", "tqdm", "torch", "dask"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
import unio
"""


def test_without_a_library_its_types_are_bytes(folder_registry: str) -> None:
    files = {f"x.{ending}": b"content" for ending in ("csv", "tsv", "parquet", "feather", "npy", "npz", "png", "jpg")}
    publish(files=files | {"x.json": b"[1]", "x.txt": b"text"})
    program = f"""{BLOCKED}
pkg = unio.Package({NAME!r})
for key in {list(files)!r}:
    assert pkg.get(key) == b"content", key
    try:
        pkg.get(key, reader=unio.readers.find(key))
    except ImportError:
        continue
    assert False, "a reader that was asked for by name must say what it lacks"
print(pkg.get("x.json"), pkg.get("x.txt"))
"""
    assert run_python(program, UNIO_PROGRESS="always").stdout == "[1] text\n"


def test_content_that_is_not_what_its_ending_says_is_the_readers_error(folder_registry: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        get("x.json", b"{no json")


def test_users_register_readers_of_their_own(reader_table: None, folder_registry: str) -> None:
    @unio.readers.register(".rev", ".tar.rev")
    def read_reversed(content: bytes) -> bytes:
        return content[::-1]

    pkg = publish(files={"x.REV": b"abc", "y.tar.rev": b"12", "j.json": b"[]"})
    assert (pkg.get("x.REV"), pkg["y.tar.rev"].get()) == (b"cba", b"21")
    unio.readers.register(".json")(len)
    assert pkg.get("j.json") == 2
    for ending in ("csv", "", "."):
        with pytest.raises(ValueError, match="begins with a dot"):
            unio.readers.register(ending)


def test_the_longest_ending_decides(reader_table: None, folder_registry: str) -> None:
    unio.readers.register(".gz")(lambda content: "short")
    unio.readers.register(".tar.gz")(lambda content: "long")
    keys = ["a.b.gz", "a.tar.gz", "b.tar.gz/x.gz"]
    pkg = publish(files=dict.fromkeys(keys, b""))
    assert [pkg.get(key) for key in keys] == ["short", "long", "short"]


def test_a_reader_for_one_call_goes_before_all(folder_registry: str) -> None:
    pkg = publish(files={"x.json": b"[1]"})
    assert pkg.get("x.json", reader=bytes.decode) == "[1]"


def test_pickles_are_unpickled_only_for_who_asks(folder_registry: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    evil = b"cposix\nmkdir\n(V" + str(trap).encode() + b"\ntR."
    array = io.BytesIO()
    numpy.save(array, numpy.array([{}], dtype=object), allow_pickle=True)
    pkg = publish(
        files={"x.pkl": evil, "x.pickle": evil, "good.pkl": pickle.dumps({"a": 1}), "x.npy": array.getvalue()}
    )
    assert (pkg.get("x.pkl"), pkg.get("x.pickle")) == (evil, evil)
    with pytest.raises(ValueError, match="pickle"):
        pkg.get("x.npy")
    assert not trap.exists()
    assert pkg.get("good.pkl", reader=unio.readers.read_pickle) == {"a": 1}
    pkg.get("x.pkl", reader=unio.readers.read_pickle)
    assert trap.exists(), "the trap is none"
