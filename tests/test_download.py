"""Downloads, from a server on this machine: taken up again, checked, followed, given up; and archives."""

import errno
import functools
import gzip
import hashlib
import http.server
import io
import json
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from render.cli import app
from render.data import download, shelf
from render.data.extract import extract
from render.data.sources import SOURCES, PublishedData, Remote
from render.descent import importing
from render.errors import DataError
from render.progress import Lines, Reporter
from tests.faults import PATIENCE

CONTENT = bytes(range(256)) * 4000  # a megabyte
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """A server with whims: each is a path."""

    requests: list[tuple[str, str | None]]
    tag = '"one"'
    broken: int  # answers that are cut off half-way, still to come

    def log_message(self, *_):
        """Says nothing."""

    def do_GET(self):
        """Answers."""
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))
        if self.path == "/redirect":
            self._redirect("/file")
        elif self.path == "/loop":
            self._redirect("/loop")
        elif self.path == "/elsewhere":
            self._redirect("ftp://127.0.0.1/file")
        elif self.path == "/absent":
            self.send_error(404)
        elif self.path == "/stall":
            self._headers(200, len(CONTENT))
            self.wfile.write(CONTENT[:1000])
            self.wfile.flush()
            server.ended.wait(PATIENCE)
        elif self.path == "/slow":
            self._headers(200, len(CONTENT))
            started, sent = time.monotonic(), 0
            while time.monotonic() - started < 1.2 * download.STALL:  # a byte from time to time, for longer than that
                self.wfile.write(CONTENT[sent : sent + 1])
                sent += 1
                server.ended.wait(download.STALL / 100)
            self.wfile.write(CONTENT[sent:])
        elif self.path == "/never":
            self.send_error(416)
        elif self.path == "/nonsense":
            self._headers(200, "many")
            self.wfile.write(CONTENT)
        else:
            self._file(server)

    def _redirect(self, target):
        self.send_response(302)
        self.send_header("Location", target)
        self.end_headers()

    def _file(self, server):
        wanted = self.headers.get("Range")
        fresh = self.headers.get("If-Range") in (None, server.tag)
        start = int(wanted[6:-1]) if wanted and fresh and self.path != "/no-range" else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self._headers(206 if start else 200, len(CONTENT) - start)
        stop = len(CONTENT)
        if server.broken:
            server.broken -= 1
            stop = start + (len(CONTENT) - start) // 2
        self.wfile.write(CONTENT[start:stop])

    def _headers(self, status, length):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", self.server.tag)
        self.end_headers()


@pytest.fixture
def server(monkeypatch):
    """A running server; its requests are kept, and tries follow each other at once."""
    monkeypatch.setattr(download, "PAUSE", 0.0)
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    made.daemon_threads, made.requests, made.broken, made.tag = True, [], 0, '"one"'
    made.ended = threading.Event()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.ended.set()
    made.shutdown()
    thread.join()
    made.server_close()


def remote(server, path="/file", md5=MD5) -> Remote:
    return Remote(f"http://127.0.0.1:{server.server_address[1]}{path}", md5)


def test_a_file_is_fetched_whole_and_only_once(server, tmp_path):
    told = []
    for _ in range(2):
        assert download.fetch(remote(server), tmp_path / "a", told.append).read_bytes() == CONTENT
    assert len(server.requests) == 1 and sum(told) == 2 * len(CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_download_that_is_cut_off_goes_on_where_it_was(server, tmp_path):
    server.broken = 2
    told = []
    download.fetch(remote(server), tmp_path / "a", told.append)
    ranges = [wanted for _, wanted in server.requests]
    assert ranges[0] is None and ranges[1] == "bytes=512000-" and len(ranges) == 3
    assert (tmp_path / "a").read_bytes() == CONTENT and sum(told) == len(CONTENT)


def test_a_process_that_was_killed_leaves_a_part_that_the_next_one_takes_up(server, tmp_path):
    server.broken = download.TRIES
    with pytest.raises(DataError, match=r"cannot be fetched .*bytes are kept for the next try"):
        download.fetch(remote(server), tmp_path / "a")
    kept = (tmp_path / "a.part").stat().st_size
    assert not (tmp_path / "a").exists() and kept > 900_000
    download.fetch(remote(server), tmp_path / "a")
    assert server.requests[-1][1] == f"bytes={kept}-" and (tmp_path / "a").read_bytes() == CONTENT


def test_a_file_that_has_changed_on_the_server_is_begun_anew(server, tmp_path):
    server.broken = download.TRIES
    with pytest.raises(DataError, match="cannot be fetched"):
        download.fetch(remote(server), tmp_path / "a")
    server.tag = '"two"'
    (tmp_path / "a.part").write_bytes(b"old" * 1000)
    assert download.fetch(remote(server), tmp_path / "a").read_bytes() == CONTENT


def test_a_server_that_cannot_go_on_begins_anew(server, tmp_path):
    server.broken = 1
    assert download.fetch(remote(server, "/no-range"), tmp_path / "a").read_bytes() == CONTENT


def test_a_part_that_is_whole_already_needs_no_more(server, tmp_path):
    (tmp_path / "a.part").write_bytes(CONTENT)
    (tmp_path / "a.part.tag").write_text(server.tag)
    assert download.fetch(remote(server), tmp_path / "a").read_bytes() == CONTENT


def test_a_wrong_hash_removes_the_file_and_says_so(server, tmp_path):
    with pytest.raises(DataError, match=f"has the MD5 {MD5}, 00 is right; it was removed, fetch it again"):
        download.fetch(remote(server, md5="00"), tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_redirect_is_followed(server, tmp_path):
    assert download.fetch(remote(server, "/redirect"), tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/loop", "cannot be fetched"),
        ("/elsewhere", "is no web address"),
        ("/absent", r"cannot be fetched \(Not Found\)"),
        ("/never", "cannot be fetched"),
    ],
)
def test_a_server_that_leads_nowhere_is_a_sentence(server, tmp_path, path, words):
    with pytest.raises(DataError, match=words):
        download.fetch(remote(server, path), tmp_path / "a")
    assert path != "/absent" or len(server.requests) == 1


def test_a_redirect_from_https_to_anything_less_is_not_followed():
    handler = download._Redirects()
    request = download.urllib.request.Request("https://a.example/file")
    with pytest.raises(DataError, match="is not encrypted; it was not followed"):
        handler.redirect_request(request, None, 302, "", {}, "http://b.example/file")


def test_a_server_that_stalls_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "STALL", 0.1)
    monkeypatch.setattr(download, "TRIES", 2)
    with pytest.raises(DataError, match=r"cannot be fetched \(.*timed out\)"):
        download.fetch(remote(server, "/stall"), tmp_path / "a")


@pytest.mark.slow
def test_a_server_that_is_slow_is_waited_for_as_long_as_it_sends(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "STALL", 5.0)  # on a busy machine two bytes may be a second apart
    assert download.fetch(remote(server, "/slow"), tmp_path / "a").read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_server_that_tells_no_length_is_read_to_its_end(server, tmp_path):
    assert download.fetch(remote(server, "/nonsense"), tmp_path / "a").read_bytes() == CONTENT


def test_a_network_that_fails_in_the_middle_is_tried_again_and_then_a_sentence(server, tmp_path, monkeypatch):
    def failing(*_):
        raise OSError(errno.EHOSTUNREACH, "no route to host")

    monkeypatch.setattr(download, "_stream", failing)
    with pytest.raises(DataError, match=r"cannot be fetched \(.*no route to host\)"):
        download.fetch(remote(server), tmp_path / "a")


def test_a_server_that_is_not_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0.0)
    with pytest.raises(DataError, match=r"cannot be fetched \(.*refused\)"):
        download.fetch(Remote("http://127.0.0.1:9/file", MD5), tmp_path / "a")


def archive(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def plain(name: str, content: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), content


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


unpack = functools.partial(extract, most_members=10, most_bytes=10_000)


def test_an_archive_is_unpacked_into_its_folder_in_place_of_what_was_there(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").write_text("")
    unpack(archive(tmp_path / "a.tgz", plain("set/a/1"), plain("set/b/2", b"two")), tmp_path / "set")
    assert (tmp_path / "set" / "b" / "2").read_bytes() == b"two" and not (tmp_path / "set" / "old").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"a.tgz", "set"}


HOSTILE = {
    "climbs": ([plain("set/../../out")], "lies outside of set"),
    "absolute": ([plain("/tmp/out")], "lies outside of set"),
    "beside": ([plain("other/out")], "lies outside of set"),
    "link": ([special("set/link", tarfile.SYMTYPE, "/etc")], "holds a link"),
    "hard link": ([special("set/link", tarfile.LNKTYPE, "/etc/passwd")], "holds a link"),
    "device": ([special("set/dev", tarfile.CHRTYPE)], "holds a device"),
    "pipe": ([special("set/pipe", tarfile.FIFOTYPE)], "holds a device"),
    "bomb": ([plain("set/bomb", bytes(20_000))], "over 10 files or 10,000 bytes"),
    "crowd": ([plain(f"set/{n}") for n in range(11)], "over 10 files"),
    "nothing": ([], "holds no folder set"),
}


@pytest.mark.parametrize(("members", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(tmp_path, members, words):
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(DataError, match=words):
        unpack(archive(tmp_path / "a.tgz", *members), home / "set")
    assert not list(home.iterdir()) and {path.name for path in tmp_path.iterdir()} == {"home", "a.tgz"}


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_half_an_archive_is_a_sentence_and_leaves_nothing(tmp_path, content):
    path = archive(tmp_path / "a.tgz", plain("set/a", bytes(range(256)) * 30))
    path.write_bytes(path.read_bytes()[:150] if content is None else content)
    with pytest.raises(DataError, match="is no whole archive"):
        unpack(path, tmp_path / "set")
    assert {path.name for path in tmp_path.iterdir()} == {"a.tgz"}


def test_an_archive_whose_checksum_is_wrong_is_a_sentence(tmp_path):
    path = archive(tmp_path / "a.tgz", plain("set/a"))
    content = bytearray(gzip.compress(gzip.decompress(path.read_bytes())[:1024]))  # without the blocks that end it
    content[-8] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"is no whole archive \(CRC check failed"):
        unpack(path, tmp_path / "set")
    assert {path.name for path in tmp_path.iterdir()} == {"a.tgz"}


def test_a_file_of_a_negative_size_is_refused(tmp_path):
    member, _ = plain("set/a")
    member.size = -1024
    with tarfile.open(tmp_path / "a.tgz", "w:gz", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(member)
    with pytest.raises(DataError, match=r"of -1024 bytes|is no whole archive"):
        unpack(tmp_path / "a.tgz", tmp_path / "set")


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A data folder."""
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("THALWEG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "data"


def test_a_data_set_of_files_is_fetched_and_verified(server, home):
    sources = {"small": PublishedData("small", (remote(server), remote(server, "/again")), 2, "none")}
    assert shelf.fetch("small", Reporter.silent(), sources) == home / "small"
    assert shelf.verify("small", sources) == "2 files have the published hashes"
    (home / "small" / "again").write_bytes(b"x")
    with pytest.raises(DataError, match="again: has another hash than the published one"):
        shelf.verify("small", sources)
    shelf.fetch("small", Reporter.silent(), sources)
    assert shelf.verify("small", sources)


def test_a_data_set_in_an_archive_is_unpacked_and_its_archive_removed(server, home, tmp_path, monkeypatch):
    content = archive(tmp_path / "a.tgz", plain("small/train/a/1.png"), plain("small/train/b/1.png")).read_bytes()
    monkeypatch.setattr("tests.test_download.CONTENT", content)
    file = remote(server, md5=hashlib.md5(content).hexdigest())
    sources = {"small": PublishedData("small", (file,), 1, "none", 10, 1000)}
    assert (shelf.fetch("small", Reporter.silent(), sources) / "train" / "a" / "1.png").is_file()
    assert {path.name for path in home.iterdir()} == {"small"}
    with pytest.raises(DataError, match="cannot be read as an image"):
        shelf.verify("small", sources)


@pytest.mark.slow
def test_two_that_fetch_the_same_fetch_it_once(server, home, monkeypatch):
    monkeypatch.setattr(download, "STALL", 2)  # how long the other has to wait
    sources = {"small": PublishedData("small", (remote(server, "/slow"),), 1, "none")}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: shelf.fetch("small", Reporter.silent(), sources), range(2)))
    assert len(server.requests) == 1
    assert [path.name for path in (home / "small").iterdir()] == ["slow"] and {*home.iterdir()} == {home / "small"}


def test_a_fetch_ends_with_what_there_was_and_not_with_what_was_guessed(server, home):
    said = io.StringIO()
    shelf.fetch("small", Reporter(Lines(said)), {"small": PublishedData("small", (remote(server),), 999, "none")})
    assert said.getvalue().splitlines()[-1].startswith(f"fetching small: {len(CONTENT):,} bytes in ")


def test_a_set_is_there_when_it_is_whole_under_any_of_its_names(home):
    source = SOURCES["mnist"]
    (home / "mnist").mkdir(parents=True)
    (home / "mnist" / source.files[0].name).write_bytes(b"")
    (begun,) = (item for item in shelf.items() if item.name == "mnist")
    assert begun.folder is None and begun.state == "1 of 4 files are there; 12 MB to fetch (CC BY-SA 3.0)"
    (home / "MNIST" / "raw").mkdir(parents=True)
    for file in source.files:
        (home / "MNIST" / "raw" / file.name).write_bytes(b"")
    assert {item.name: item.folder for item in shelf.items()}["mnist"] == home / "MNIST" / "raw"


def test_an_image_that_is_torn_or_missing_is_found_by_verify(home):
    source = PublishedData("small", (), 1, "none", examples=2, most_members=10)
    for name in "ab":
        (home / "small" / name).mkdir(parents=True)
        Image.effect_noise((64, 64), 80).save(home / "small" / name / "1.jpg")
    assert shelf.verify("small", {"small": source}) == "2 images read"
    extra = home / "small" / "a" / "2.jpg"
    extra.write_bytes((home / "small" / "a" / "1.jpg").read_bytes())
    with pytest.raises(DataError, match="holds 3 images, 2 are right; remove it, then fetch it"):
        shelf.verify("small", {"small": source})
    extra.write_bytes(extra.read_bytes()[:-400])
    with pytest.raises(DataError, match=r"a/2.jpg: cannot be read as an image"):
        shelf.verify("small", {"small": source})


def test_every_published_set_has_an_encrypted_address_and_a_hash():
    for source in SOURCES.values():
        for file in source.files:
            assert file.url.startswith("https://") and len(file.md5) == 32 and int(file.md5, 16)


def picture(file: Path) -> None:
    file.parent.mkdir(parents=True)
    Image.effect_noise((16, 16), 80).save(file)


def test_what_lies_in_the_data_folder_is_listed_with_how_a_scene_asks_for_it(home):
    for name in "ab":
        picture(home / "imagenette-mini" / "train" / name / "1.JPEG")
        picture(home / "imagenette2-320" / "train" / name / "1.JPEG")
        picture(home / "my cats" / name / "1.png")
        (home / "logs" / name).mkdir(parents=True)
    (home / "mine.npz").write_bytes(b"x")
    asked = {item.name: item.asked for item in shelf.items() if item.folder}
    assert asked == {
        "imagenette-320": '{kind: imagenette, edition: "320"}',
        "imagenette-mini": "{kind: imagenette, edition: mini}",
        "mine.npz": '{kind: npz, path: "mine.npz"}',
        "my cats": '{kind: folder, path: "my cats"}',
    }
    for words in asked.values():
        assert not isinstance(importing.settings_of(words), str)
    listed = CliRunner().invoke(app, ["data", "list", "--data", str(home)])
    assert f"imagenette-mini  {home / 'imagenette-mini'}; data: {{kind: imagenette, edition: mini}}\n" in listed.stdout
    verified = CliRunner().invoke(app, ["data", "verify", "imagenette-mini", "--data", str(home)])
    assert verified.stdout == "data imagenette-mini: 2 images read\n"


def test_the_commands_list_and_explain(home):
    runner = CliRunner()
    listed = runner.invoke(app, ["data", "list", "--data", str(home)])
    assert listed.exit_code == 0 and "imagenette-160" in listed.stdout and "99 MB to fetch" in listed.stdout
    told = json.loads(runner.invoke(app, ["data", "list", "--json", "--data", str(home)]).stdout)["data"]
    absent = {"name": "mnist", "folder": None, "megabytes": 12, "licence": "CC BY-SA 3.0", "asked": "{kind: mnist}"}
    assert absent in told
    absent = runner.invoke(app, ["data", "verify", "mnist", "--data", str(home)])
    assert absent.exit_code == 5 and "`thalweg data fetch mnist`" in absent.stderr
    unknown = runner.invoke(app, ["data", "fetch", "mnits", "--data", str(home)])
    assert unknown.exit_code == 2 and "did you mean mnist?" in unknown.stderr
