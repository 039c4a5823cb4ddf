"""Artifacts in Python: saving, using, labelling, lineage of a session, and where all that goes."""

from __future__ import annotations

import copy
import pickle
import platform
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import unio
import yaml
from python_scenes import run_python
from unio import Handler, Labels
from unio_command import write_tree

from model import place_of

FILES = {"data/train.txt": b"path,class\n/a.png,0\n", "data/test.txt": b"path,class\n/b.png,1\n"}


@pytest.fixture
def files(work: Path) -> list[Path]:
    write_tree(work, FILES)
    return [work / name for name in FILES]


@pytest.fixture
def h(registry: str) -> Handler:
    return Handler()


def metadata_of(artifact: unio.Artifact) -> dict[str, Any]:
    """What any program reads that knows YAML, of the newest revision."""
    folder = place_of_url(artifact.metadata.remote_root)
    newest = max(folder.glob("metadata*.yaml"), key=lambda path: (len(path.name), path.name))
    content: dict[str, Any] = yaml.safe_load(newest.read_text())
    return content


def place_of_url(url: str) -> Path:
    return place_of(url if "://" in url else Path(url).as_uri())


def folders_of(registry: str) -> list[Path]:
    """The folders of all artifacts, recorded or not."""
    return list(place_of(registry).glob("[0-9]*/*/*/*/*_artifact_*"))


def test_files_are_saved_without_a_place_and_got_back_by_id(h: Handler, files: list[Path]) -> None:
    saved = h.upload(files)
    assert saved.artifact_id.startswith("artifact_")
    assert sorted(saved.files) == ["test.txt", "train.txt"]
    got = Handler().get(saved.artifact_id)
    assert got == saved
    assert got.files["train.txt"].download_bytes() == FILES["data/train.txt"]
    assert got.files["train.txt"].download_string() == FILES["data/train.txt"].decode()
    assert got.files["train.txt"].size == len(FILES["data/train.txt"])
    assert got.files["train.txt"].exists()


def test_the_layout_is_that_of_elliptio(h: Handler, registry: str, files: list[Path]) -> None:
    with unio.mock_username("andy"):
        saved = h.upload(files)
    when = saved.metadata.creation_time
    folder = place_of(registry) / f"{when:%Y/%m/%d}/andy/{when:%H%M%S}_{saved.artifact_id}"
    assert (folder / "files/train.txt").read_bytes() == FILES["data/train.txt"]
    assert metadata_of(saved)["artifact_id"] == saved.artifact_id


def test_any_iterable_of_paths_may_be_given_and_one_path_alone(h: Handler, files: list[Path]) -> None:
    assert sorted(h.upload(path for path in files).files) == ["test.txt", "train.txt"]
    assert list(h.upload(files[0]).files) == list(h.upload(str(files[0])).files) == ["train.txt"]


def test_the_common_folder_is_one(h: Handler, work: Path) -> None:
    write_tree(work, {"data1/x": b"1", "data2/y": b"2"})
    assert list(h.upload(["data1/x", "data2/y"]).files) == ["data1/x", "data2/y"]


def test_all_missing_files_are_named_and_nothing_is_saved(h: Handler, registry: str, files: list[Path]) -> None:
    with pytest.raises(FileNotFoundError, match=r"no\.txt.*neither\.txt"):
        h.upload([*files, "no.txt", "neither.txt"])
    assert not folders_of(registry)


def test_what_is_recorded(h: Handler, files: list[Path]) -> None:
    before = datetime.now(UTC)
    metadata = h.upload(files).metadata
    assert before <= metadata.creation_time <= datetime.now(UTC)
    assert metadata.creation_time.utcoffset() == timedelta(0)
    assert (metadata.username, metadata.run_id, metadata.capture) == ("ada", h.run_id, "safe")
    assert metadata.argv.split(" ")[0] == sys.orig_argv[0]
    assert metadata.python_packages["pytest"] == pytest.__version__
    assert metadata.system["python"] == platform.python_version()
    assert metadata.hostname
    assert metadata.log_relpaths == ["pip_freeze.txt"]


def test_pip_freeze_is_a_log_that_downloads(h: Handler, files: list[Path], work: Path) -> None:
    logs = h.upload(files).logs
    assert logs.pip_freeze.download() == Path("pip_freeze.txt")
    assert f"pytest=={pytest.__version__}\n" in (work / "pip_freeze.txt").read_text()
    assert logs["pip_freeze.txt"] is logs.pip_freeze
    assert logs.pip_freeze.exists()
    assert "pip_freeze" in dir(logs)
    with pytest.raises(AttributeError, match=r"no log 'pip_freze'.*is it 'pip_freeze.txt'"):
        _ = logs.pip_freze


def test_the_git_checkout_is_recorded(h: Handler, work: Path) -> None:
    write_tree(work, {"a.txt": b"1\n"})
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    write_tree(work, {"a.txt": b"2\n", "new.txt": b""})
    artifact = h.upload(["a.txt"])
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert artifact.metadata.git == {"branch": "main", "commit": head, "dirty": True, "remote": ""}
    assert "-1\n+2\n" in artifact.logs.git_diff.download_string()
    assert artifact.logs.git_untracked.download_string() == "new.txt\n"


def test_how_much_is_recorded_is_an_argument_or_a_setting(
    registry: str, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SETTING", "on")
    monkeypatch.setenv("MY_TOKEN", "hidden-value")
    off = Handler(capture="off").upload(files)
    assert (off.metadata.capture, off.metadata.username) == ("off", "ada")
    assert (off.metadata.argv, off.metadata.python_packages, off.logs) == ("", {}, {})
    full = Handler(capture="full").upload(files).metadata.system
    assert (full["env.MY_SETTING"], full["env.MY_TOKEN"]) == ("on", "<masked>")
    monkeypatch.setenv("UNIO_CAPTURE", "off")
    assert Handler().upload(files).metadata.capture == "off"
    with pytest.raises(ValueError, match="off, safe or full"):
        Handler(capture="some")


def test_secrets_in_labels_are_masked(h: Handler, registry: str, files: list[Path]) -> None:
    secret = "hunter2-Zq8vX31kLmP0"
    artifact = h.upload(files, Labels(description=f"https://andy:{secret}@host/x", infos={"password": secret}))
    artifact.revise(infos={"api_key": secret})
    assert artifact.metadata.masked == 2
    stored = [path for path in place_of(registry).rglob("*") if path.is_file()]
    assert len(stored) > 4
    assert not [path for path in stored if secret.encode() in path.read_bytes()]


def test_labels_are_a_record_or_a_mapping(h: Handler, files: list[Path]) -> None:
    labels = Labels(ticket="AB-123", datatype="list", infos={"kind": "new", "rounds": [1, 2], "done": True})
    kept = h.upload(files, labels).metadata.labels
    assert kept == Labels(ticket="AB-123", datatype="list", infos={"kind": "new", "rounds": "[1, 2]", "done": "true"})
    assert h.upload(files, {"ticket": "AB-123"}).metadata.labels == Labels(ticket="AB-123")
    assert h.upload(files).metadata.labels == Labels()
    for wrong, message in (({"tiket": "x"}, "tiket"), (Labels(ticket=5), "ticket"), (Labels(infos={"x": {1}}), "x")):
        with pytest.raises(unio.InvalidArgumentError, match=message):
            h.upload(files, wrong)


def test_labels_given_later_are_a_revision_that_everybody_sees(h: Handler, files: list[Path]) -> None:
    first = h.upload(files, Labels(ticket="AB-1", infos={"a": "1", "b": "2"}))
    original = metadata_of(first)
    with unio.mock_username("brenda"):
        second = first.revise(project="shells", infos={"b": None, "c": 3})
    assert second.metadata.labels == Labels(ticket="AB-1", project="shells", infos={"a": "1", "c": "3"})
    assert (second.metadata.revision, second.metadata.revised_by) == (1, "brenda")
    assert second.metadata.revision_time is not None and second.metadata.revision_time > first.metadata.creation_time
    assert Handler().get(first.artifact_id) == second
    third = second.revise(Labels(ticket="AB-2"))
    assert third.metadata.labels == Labels(ticket="AB-2")
    assert yaml.safe_load((place_of_url(first.metadata.remote_root) / "metadata.yaml").read_text()) == original
    assert metadata_of(third)["revision"] == 2


def test_what_others_revised_meanwhile_stays(h: Handler, files: list[Path]) -> None:
    artifact = h.upload(files)
    artifact.revise(ticket="AB-1")
    artifact.revise(infos={"a": "1"})
    assert artifact.revise(project="x").metadata.labels == Labels(ticket="AB-1", project="x", infos={"a": "1"})


def test_files_of_new_are_written_in_place(h: Handler, registry: str) -> None:
    with h.new(["model.pt", "logs/loss.csv"], Labels(datatype="model")) as new:
        if registry.startswith("file:"):
            Path(new.files["model.pt"].remote_url).write_bytes(b"weights")
        else:
            new.files["model.pt"].upload_string(b"weights")
        new.files["logs/loss.csv"].upload_string("1,2\n")
        begun = new.artifact_id
    assert new.artifact_id == begun
    assert new.metadata.file_relpaths == ["logs/loss.csv", "model.pt"]
    assert Handler().get(begun) == new
    assert new.files["model.pt"].download_bytes() == b"weights"
    assert new.metadata.labels.datatype == "model"
    assert new.logs.pip_freeze.exists()


def test_a_local_file_goes_into_new(h: Handler, files: list[Path]) -> None:
    with h.new(["copy.txt"]) as new:
        new.file.upload_string("something else before")
        new.file.upload(files[0])
    assert new.file.download_bytes() == FILES["data/train.txt"]


def test_an_exception_in_new_records_nothing(h: Handler, registry: str) -> None:
    with pytest.raises(ZeroDivisionError), h.new(["model.pt"]) as new:
        new.file.upload_string("half")
        _ = 1 / 0
    with pytest.raises(FileNotFoundError):
        h.get(new.artifact_id)
    assert not list(place_of(registry).rglob("metadata.yaml"))


def test_files_that_were_not_written_are_all_named(h: Handler, registry: str) -> None:
    with (
        pytest.raises(unio.PreconditionError, match=r"b\.txt.*c\.txt") as raised,
        h.new(["a", "b.txt", "c.txt"]) as new,
    ):
        new.files["a"].upload_string("a")
    assert "'a'" not in raised.value.message
    assert not list(place_of(registry).rglob("metadata.yaml"))


def test_what_is_being_written_cannot_be_read_and_what_is_published_cannot_be_written(h: Handler) -> None:
    with h.new(["a"]) as new:
        file = new.file
        for use in (file.exists, file.download, file.download_string, file.open, new.revise, lambda: pickle.dumps(new)):
            with pytest.raises(unio.PreconditionError, match="not published"):
                use()
        file.upload_string("a")
    with pytest.raises(unio.PreconditionError):
        file.upload_string("late")
    with pytest.raises(unio.PreconditionError, match="never changes"):
        new.file.upload_string("b")
    assert new.file.download_string() == "a"


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", "a//b", "a\0b"])
def test_a_new_file_never_leaves_the_artifact(h: Handler, registry: str, name: str) -> None:
    with pytest.raises(ValueError), h.new([name]):
        pass
    assert not folders_of(registry)


def test_new_takes_a_list(h: Handler) -> None:
    with pytest.raises(ValueError, match="list"), h.new("model.pt"):
        pass
    with pytest.raises(ValueError, match="at least"), h.new([]):
        pass


def test_download_goes_to_the_present_folder_or_where_it_is_told(h: Handler, files: list[Path], work: Path) -> None:
    file = h.upload([*files, write(work / "other.txt", "o")]).files["data/test.txt"]
    (work / "folder").mkdir()
    content = FILES["data/test.txt"]
    for given, there in (
        (None, "test.txt"),
        ("renamed.csv", "renamed.csv"),
        ("folder", "folder/test.txt"),
        ("made/", "made/test.txt"),
        (work / "deep/er/x.txt", "deep/er/x.txt"),
    ):
        assert (work / file.download(given)).resolve() == work / there
        assert (work / there).read_bytes() == content
    assert {path.name for path in work.iterdir()} == {
        "data",
        "deep",
        "folder",
        "made",
        "other.txt",
        "renamed.csv",
        "test.txt",
    }


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_download_replaces_other_content_only_when_it_may(h: Handler, files: list[Path], work: Path) -> None:
    file = h.upload(files).files["test.txt"]
    file.download()
    file.download()
    write(work / "test.txt", "mine")
    with pytest.raises(FileExistsError, match=r"test\.txt.*force=True"):
        file.download()
    assert (work / "test.txt").read_text() == "mine"
    file.download(force=True)
    assert (work / "test.txt").read_bytes() == FILES["data/test.txt"]


def test_a_file_opens_as_text_and_as_bytes(h: Handler, work: Path) -> None:
    (work / "a.txt").write_bytes("ä\r\nb\n".encode())
    file = h.upload(["a.txt"]).file
    with file.open() as text:
        assert list(text) == ["ä\n", "b\n"]
    with file.open("rb") as content:
        assert content.read() == "ä\r\nb\n".encode()
    with pytest.raises(ValueError, match="mode"):
        file.open("w")


def test_damage_is_told_of_and_gives_nothing(h: Handler, registry: str, files: list[Path], work: Path) -> None:
    file = h.upload(files).files["train.txt"]
    stored = next(path for path in place_of(registry).rglob("*/files/train.txt"))
    stored.chmod(0o644)
    stored.write_bytes(b"x" * len(FILES["data/train.txt"]))
    for use in (file.download_bytes, file.open, lambda: file.download("got.txt")):
        with pytest.raises(unio.CorruptionError):
            use()
    assert not (work / "got.txt").exists()


def test_the_only_file_is_named_so(h: Handler, files: list[Path]) -> None:
    assert h.upload(files[:1]).file.relpath == "train.txt"
    two = h.upload(files)
    with pytest.raises(KeyError, match="2 files"):
        _ = two.file
    with pytest.raises(KeyError, match=r"is it 'test\.txt'"):
        _ = two.files["tst.txt"]


def test_urls_are_what_other_programs_open(h: Handler, registry: str, files: list[Path]) -> None:
    file = h.upload(files).files["train.txt"]
    assert file.s3_url == file.remote_url
    if registry.startswith("file:"):
        assert Path(file.remote_url).read_bytes() == FILES["data/train.txt"]
        assert isinstance(file, unio.LocalFile)
    else:
        assert file.remote_url.startswith(f"{registry}/")
        assert isinstance(file, unio.S3File)
        assert place_of(file.remote_url).read_bytes() == FILES["data/train.txt"]


def test_the_same_content_is_stored_once_unless_wanted_otherwise(bucket_registry: str, files: list[Path]) -> None:
    first = Handler().upload(files)
    again = Handler().upload(files)
    assert again.files["train.txt"].remote_url == first.files["train.txt"].remote_url
    copied = Handler(dedup=False).upload(files)
    assert copied.files["train.txt"].remote_url != first.files["train.txt"].remote_url
    for artifact in (again, copied):
        assert artifact.files["train.txt"].download_bytes() == FILES["data/train.txt"]


def test_what_was_loaded_is_what_is_saved_afterwards_based_on(h: Handler, files: list[Path]) -> None:
    a, b = h.upload(files).artifact_id, h.upload(files).artifact_id
    assert h.based_on == []
    for artifact_id in (b, a, b):
        h.get(artifact_id)
    assert h.based_on == [b, a]
    assert h.upload(files).metadata.based_on == [b, a]
    with h.new(["x"]) as new:
        new.file.upload_string("x")
    assert new.metadata.based_on == [b, a]
    assert h.upload(files, based_on=[]).metadata.based_on == []
    assert h.upload(files, based_on=[a, a]).metadata.based_on == [a]
    assert Handler().upload(files).metadata.based_on == []
    h.based_on = [a]
    assert h.upload(files).metadata.based_on == [a]


def test_what_is_no_id_is_no_parent(h: Handler, registry: str, files: list[Path]) -> None:
    for wrong in (["artifact_1"], ["../x"], "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8"):
        with pytest.raises(ValueError, match=r"based|names no package"):
            h.upload(files, based_on=wrong)
    assert not folders_of(registry)


def test_the_beginning_of_an_id_is_enough_and_counts_as_the_whole(h: Handler, files: list[Path]) -> None:
    artifact_id = h.upload(files).artifact_id
    assert h.get(artifact_id[:20]).artifact_id == artifact_id
    assert h.based_on == [artifact_id]
    with pytest.raises(FileNotFoundError, match="artifact_00000000"):
        h.get("artifact_00000000-0000-4000-8000-000000000000")
    for wrong in ("", "x", "../../x", "artifact_%"):
        with pytest.raises(ValueError):
            h.get(wrong)
    assert h.based_on == [artifact_id]


def test_a_handler_serves_many_threads(h: Handler, files: list[Path]) -> None:
    parents = [h.upload(files).artifact_id for _ in range(4)]
    failures: list[BaseException] = []

    def use(number: int) -> None:
        try:
            with unio.mock_username(f"user{number}"):
                for parent in parents:
                    h.get(parent)
                assert h.upload(files).metadata.username == f"user{number}"
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(h.based_on) == sorted(parents)
    assert h.upload(files).metadata.username == "ada"


def upload_in_another_process(h: Handler, files: list[Path]) -> tuple[list[str], str]:
    saved = h.upload(files)
    return saved.metadata.based_on, saved.metadata.run_id


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_handler_goes_to_other_processes_with_what_was_loaded(h: Handler, files: list[Path], method: str) -> None:
    parent = h.upload(files).artifact_id
    h.get(parent)
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
        results = list(pool.map(upload_in_another_process, [h] * 3, [files] * 3))
    assert results == [([parent], h.run_id)] * 3


def test_artifacts_and_files_pickle_and_copy(h: Handler, files: list[Path]) -> None:
    artifact = h.upload(files)
    for made in (pickle.loads(pickle.dumps(artifact)), copy.deepcopy(artifact)):
        assert made == artifact
        assert made.files["train.txt"].download_bytes() == FILES["data/train.txt"]
    file = pickle.loads(pickle.dumps(artifact.logs.pip_freeze))
    assert file.download_bytes() == artifact.logs.pip_freeze.download_bytes()


def test_a_forked_child_leaves_what_is_being_written_to_its_parent(h: Handler) -> None:
    import os

    with h.new(["a"]) as new:
        child = os.fork()
        if child == 0:
            try:
                new.file.upload_string("the child's")
                os._exit(1)
            except unio.PreconditionError:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        new.file.upload_string("the parent's")
    assert new.file.download_string() == "the parent's"


def test_the_first_generations_functions(registry: str, files: list[Path], work: Path) -> None:
    artifact = unio.save(files, info={"type": "dataset_list", "stratification": "new-cool-method"})
    assert artifact.metadata.labels.infos == {"type": "dataset_list", "stratification": "new-cool-method"}
    loaded = unio.load(artifact.artifact_id)
    assert loaded == artifact
    assert place_of_url(loaded.files["train.txt"].s3_url).read_bytes() == FILES["data/train.txt"]
    write(work / "model.pth", "weights")
    model = unio.create_artifact().save_files(["model.pth"], type="model")
    assert model.metadata.labels.datatype == "model"
    assert artifact.artifact_id in model.metadata.based_on
    with pytest.raises(ValueError, match="same label"):
        unio.save(files, type="a", labels=Labels(datatype="b"))


class TestWhereArtifactsGo:
    @pytest.fixture(autouse=True)
    def nothing_is_set(self, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("ELLIPTIO_LOCAL_ROOT", "ELLIPTIO_S3_BUCKET_NAME", "S3_BUCKET_NAME"):
            monkeypatch.delenv(name, raising=False)

    def test_nothing_has_to_be_set(self, home: Path) -> None:
        assert Handler().root == Handler(remote_file_cls=unio.LocalFile).root == (home / ".local/share/unio").as_uri()
        with pytest.raises(ValueError, match="no registry of that kind"):
            Handler(remote_file_cls=unio.S3File)

    def test_elliptios_variables_count_when_nothing_else_is_set(
        self, work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("S3_BUCKET_NAME", "one")
        assert Handler().root == Handler(remote_file_cls=unio.S3File).root == "s3://one"
        monkeypatch.setenv("ELLIPTIO_S3_BUCKET_NAME", "two")
        assert Handler().root == "s3://two"
        monkeypatch.setenv("ELLIPTIO_LOCAL_ROOT", str(work / "lake"))
        assert Handler().root == Handler(remote_file_cls=unio.LocalFile).root == (work / "lake").as_uri()
        assert Handler(remote_file_cls=unio.S3File).root == "s3://two"

    def test_unio_registry_beats_them_the_class_beats_that_and_a_root_beats_all(
        self, work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ELLIPTIO_LOCAL_ROOT", str(work / "lake"))
        monkeypatch.setenv("ELLIPTIO_S3_BUCKET_NAME", "two")
        monkeypatch.setenv("UNIO_REGISTRY", "s3://three/prefix")
        assert Handler().root == Handler(remote_file_cls=unio.S3File).root == "s3://three/prefix"
        assert Handler(remote_file_cls=unio.LocalFile).root == (work / "lake").as_uri()
        for cls in (None, unio.LocalFile, unio.S3File):
            assert Handler(remote_file_cls=cls, root=work / "own").root == (work / "own").as_uri()
            assert Handler(remote_file_cls=cls, root="s3://own").root == "s3://own"
        monkeypatch.setenv("UNIO_REGISTRY", str(work / "four"))
        assert Handler(remote_file_cls=unio.LocalFile).root == (work / "four").as_uri()

    def test_functions_follow_the_environment(self, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(work / "a", "a")
        monkeypatch.setenv("UNIO_REGISTRY", str(work / "one"))
        first = unio.save("a").artifact_id
        monkeypatch.setenv("UNIO_REGISTRY", str(work / "two"))
        with pytest.raises(FileNotFoundError):
            unio.load(first)

    def test_a_class_of_anything_else_is_refused(self) -> None:
        with pytest.raises(ValueError, match="LocalFile or S3File"):
            Handler(remote_file_cls=dict)


NOTEBOOK = """
import sys, types
class Shell:
    user_ns = {namespace}
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=Shell)
import unio
print(list(unio.save("a.ipynb", labels={{"ticket": "x"}}).logs))
"""


@pytest.mark.parametrize(
    ("namespace", "session", "known"),
    [
        ("{'__vsc_ipynb_file__': 'a.ipynb'}", "", True),
        ("{}", "a.ipynb", True),
        ("{}", "console-1", False),
        ("{}", "", False),
    ],
)
def test_the_notebook_is_recorded_where_its_editor_tells_it(
    folder_registry: str, work: Path, namespace: str, session: str, known: bool
) -> None:
    write(work / "a.ipynb", "{}")
    told = run_python(NOTEBOOK.format(namespace=namespace), JPY_SESSION_NAME=session).stdout
    assert ("a.ipynb" in told) == known
