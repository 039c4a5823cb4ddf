"""Writes manifests, and what quilt3 makes of them, to tests/data/manifests for tests/unit/model/manifest_golden_test.cpp.

<name>.jsonl is a manifest. expected.json has for each its top hash by quilt3 (null when quilt3 gives none) and whether
quilt3 wrote it, and the texts that are refused, with what quilt3 does with them.

Needs quilt3 8.0.0; run it from any folder, it gives the same bytes each time.
"""

import base64
import hashlib
import io
import json
import os
import random
from pathlib import Path

os.environ["QUILT_DISABLE_USAGE_METRICS"] = "true"
os.environ["QUILT_MINIMIZE_STDOUT"] = "true"

import quilt3  # noqa: E402  (reads the environment)
from quilt3.packages import PackageEntry  # noqa: E402
from quilt3.util import PhysicalKey, QuiltException  # noqa: E402

FOLDER = Path(__file__).parent / "manifests"
HEADER = '{"version": "v0", "message": null}'
HASH = '{"type": "sha2-256-chunked", "value": "Xb1PbjJeWof4zD7zuHc9PI7sLiz/Ykj4gphlaZEt3xA="}'
META = {"user_meta": {"label": "cat", "n": 17}}


def digest(data):
    inner = hashlib.sha256(data).digest()
    return {"type": "sha2-256-chunked", "value": base64.b64encode(hashlib.sha256(inner).digest() if data else inner).decode()}


def package(entries, folders=(), **header):
    """What quilt3 builds of {key: (url, size, hash, meta)}."""
    result = quilt3.Package()
    for key, (url, size, hash_object, meta) in entries.items():
        result.set(key, PackageEntry(PhysicalKey.from_url(url), size, hash_object, meta))
    for key, meta in folders:
        (result[key] if key else result).set_meta(meta)
    result._meta.update(header)
    result._set_commit_message(result._meta.get("message"))
    return result


def plain(key, meta=None):
    data = key.encode()
    return f"file:///data/{hashlib.sha1(data).hexdigest()}", len(data), digest(data), meta


def row(key="x", url='["file:///x"]', size="16", hash_text=HASH, meta="{}", **more):
    members = [f'"logical_key": {json.dumps(key)}', f'"physical_keys": {url}', f'"size": {size}', f'"hash": {hash_text}',
               f'"meta": {meta}']
    return "{" + ", ".join([*members, *(f'"{name}": {value}' for name, value in more.items())]) + "}"


def text(*lines):
    return "".join(line + "\n" for line in lines)


ODD_KEYS = ["a b", "a+b", "a#b", "a%41b", "a?b=c&d", "it's \"quoted\"", "é nfc", "e\u0301 nfd", "😀", "\uffff", "日本/東京",
            "back\\slash", "tab\there", "line\nbreak", "del\x7f", "\u2028\u2029", "\x01", "..a", "…", "~", "'()*!", "a;b:c@d$e,f"]
METAS = [{"user_meta": {}}, {"user_meta": None}, {"format": {"name": "json"}, "user_meta": [1, {"b": 2, "a": 1}]},
         {"user_meta": {"floats": [1e16, 1e-5, 0.1, -0.0, 100000.0, 5e-324, 1.7976931348623157e308]}},
         {"user_meta": {"integers": [10**40, -(10**40), 2**63, 2**64, -(2**63), 0]}},
         {"user_meta": {"\uffff": 1, "😀": 2, "a": 3, "é": "ü\n\t\"\\/\x7f\x00"}}, {"z": 1, "user_meta": {"b": {"d": 1, "c": 2}, "a": []}},
         {"user_meta": {"": "", " ": True, "!": False}}, {f"k{i}": i for i in range(40)}, [1], "text", 5, True]


def written():
    """Manifests as quilt3 writes them."""
    choice = random.Random(3)
    yield "empty", package({})
    yield "one_file", package({"x": ("file:///x", 16, json.loads(HASH), {})})
    keys = ["a/z", "a-b", "a.txt", "a0", "b/c/d", "b/c-d", "b/c.d", "B", "é", "z"]
    yield "tree_order", package({key: plain(key) for key in choice.sample(keys, len(keys))}, message="tree")
    yield "odd_keys", package({key: plain(key, {"user_meta": {"key": key}}) for key in ODD_KEYS})
    yield "odd_meta", package({f"{i:02}": plain(str(i), meta) for i, meta in enumerate(METAS)}, user_meta=METAS[4], message="é")
    folders = [("", None), ("a", {"b": 1, "a": 2}), ("a/b", {"x": [1.5]}), ("a-b", {"é": "ü"})]
    yield "folder_meta", package({key: plain(key) for key in ["a/b/c", "a/d", "a-b/c", "e"]}, folders)
    types = {"chunked": digest(b"x"), "legacy": {"type": "SHA256", "value": hashlib.sha256(b"x").hexdigest()},
             "crc": {"type": "CRC64NVME", "value": "AAAAAAAAAAA="}, "unknown": {"type": "MD5", "value": "x"},
             "upper": {"type": "SHA256", "value": hashlib.sha256(b"x").hexdigest().upper()}, "empty": {},
             "turned": {"value": digest(b"y")["value"], "type": "sha2-256-chunked"},
             "more": {**digest(b"z"), "parts": [1, 2]}, "unpadded": {"type": "sha2-256-chunked", "value": "Xb1P"}}
    yield "digests", package({key: ("file:///x", 1, value, {}) for key, value in types.items()})
    urls = ["s3://bucket/{}", "s3://bucket/team/photos/{}?versionId=A%2Fb%2Bc%3Dd.e_f-g+h", "s3://bucket/{}?versionId=null",
            "file:///data/registry/.unio/objects/5d/5dbd4f6e325e5a87f8cc3ef3b8773d3c8eec2e2cff6248f882986569912ddf10", "s3://b//other"]
    yield "urls", package({f"{i} +%": (url.format("{} %2B%25".format(i).replace(" ", "%20")), 16, json.loads(HASH), {})
                           for i, url in enumerate(urls)})
    yield "not_built", package({"x": ("file:///x", 16, None, {}), "y": plain("y")})
    yield "no_size", package({"x": ("file:///x", None, json.loads(HASH), {})})
    yield "odd_sizes", package({"a": ("file:///x", 16.0, json.loads(HASH), {}), "b": ("file:///x", 2**53, json.loads(HASH), {}),
                                "c": ("file:///x", 1e15, json.loads(HASH), {})})
    yield "header", package({"x": plain("x")}, user_meta={"b": 1, "a": {}}, workflow={"id": None, "config": "s3://b/c"}, custom=[1e22],
                            message="two\nlines")
    many = {"/".join(choice.choice(["a", "b", "-", ".x", "é", "0"]) * choice.randrange(1, 3) for _ in range(choice.randrange(1, 5)))
            + f"/{i}": i for i in range(400)}
    yield "many", package({key: plain(key, {"user_meta": {"n": n, "half": n / 2}} if n % 3 else None) for key, n in many.items()})


def foreign():
    """Manifests as other tools, or nobody, write them, and quilt3 reads them."""
    compact = '{"logical_key":"%s","physical_keys":["s3://b/%s"],"hash":%s,"size":3,"meta":{"user_meta":{"b":1,"a":"x"}}}'
    small = HASH.replace(" ", "")
    yield "compact", text('{"version":"v0"}', *(compact % (key, key, small) for key in ["a/z", "a-b", "a.txt"]))
    yield "shuffled", text(HEADER, *(row(key, meta=json.dumps(META)) for key in ["b", "a.txt", "a/z", "c", "a-b", "a/b/c"]))
    yield "no_version", text("{}", row())
    yield "other_version", text('{"version": "v7"}', row())
    yield "legacy_top_hash", text('{"top_hash": {"alg": "v0", "value": "x"}, "version": "v0"}', row())
    yield "not_finite", text('{"version": "v0", "user_meta": [NaN, Infinity, -Infinity, 1e400]}', row(meta='{"user_meta": {"x": NaN, "y": -1e400}}'))
    yield "big_numbers", text(HEADER, row(meta='{"a": 123456789012345678901234567890, "b": -0, "c": 1E5, "d": 1e-7, "e": 9007199254740993.0}'))
    yield "lone_surrogates", text(HEADER, row(meta=r'{"user_meta": "\ud83d", "\udc00\ud800": "\ud83d\ude00"}'),
                                  row("y").replace('"y"', r'"y\ud800"'))
    yield "escapes", text(HEADER, row().replace('"x"', r'"\u0061\/\u00e9"'), row().replace('"x"', r'"\u0062"').replace('"meta"', r'"\u006deta"'))
    yield "repeated_members", text('{"version": "v0", "user_meta": 1, "user_meta": 2}', row("a", meta='{"b": 1, "b": {"c": 1, "c": 2}}'),
                                   row("b", size='1, "size": 16'), row("c", hash_text=HASH[:-1] + ', "type": "SHA256"}'))
    falsy = ["null", "[]", '""', "0", "false", "0.0", "{}", "{ }", "-0", "-0.0"]
    yield "falsy_meta", text(HEADER, *(row(str(i), meta=meta) for i, meta in enumerate(falsy)))
    yield "more_members", text(HEADER, row(extra="[1, 2]"), row("y", url='["file:///y", "s3://b/y", 3]'))
    yield "meta_first", text(HEADER, '{ "meta" : { } ,\t"hash":%s , "size":16,"physical_keys":[ "file:///x" ],"logical_key":"x" } ' % HASH)
    yield "odd_numbers_as_size", text(HEADER, row("a", size="16.0"), row("b", size="1e3"), row("c", size="1.6E+1"), row("d", size="-0"))
    yield "folder_rows", text(HEADER, '{"logical_key": "a/", "meta": {"x": 1}}', row("a/b"), '{"logical_key": "a/", "meta": {"x": 2}}',
                              '{"logical_key": "b/", "meta": {"x": 1}}', '{"logical_key": "b/", "meta": {}}', row("b/c"),
                              '{"logical_key": "c/d", "physical_keys": [], "meta": {"for": "c"}}', '{"logical_key": "empty/", "meta": 7}')
    yield "package_row", text(HEADER, row("a"), '{"logical_key": "x", "meta": {"for": "the package"}}', row("b"))
    yield "no_last_line_end", text(HEADER, row())[:-1]
    yield "windows_line_ends", text(HEADER, row(), row("y")).replace("\n", "\r\n")
    yield "spaces_in_keys", text(HEADER, row(meta='{"a b": 1, "a!": 2, "a": 3, "a\\"": 4, "A": 5}'))
    yield "deep", text(HEADER, row(meta='{"a": ' + "[" * 200 + "]" * 200 + "}"))
    yield "nul_in_meta", text(HEADER, row(meta=r'{"a\u0000": 1, "a": 2}'))


REFUSED = {
    "nothing": "", "empty_line": "\n", "header_is_no_json": text("x", row()), "header_is_a_list": text("[]", row()),
    "header_is_null": text("null", row()), "blank_line": text(HEADER, "", row()), "row_is_no_json": text(HEADER, row()[:-1]),
    "row_is_a_list": text(HEADER, "[]"), "two_values": text(HEADER, row() + " {}"), "meta_is_no_json": text(HEADER, row(meta="{x}")),
    "meta_does_not_end": text(HEADER, row(meta='{"a": [1, 2}')), "meta_has_two_colons": text(HEADER, row(meta='{"a":: 1}')),
    "late_meta_is_no_json": text(HEADER, row("b"), row("a"), row("c", meta='{"a": 01}')),
    "a_comma_too_many": text(HEADER, row(meta='{"a": 1,}')), "logical_key_missing": text(HEADER, '{"physical_keys": ["file:///x"]}'),
    "logical_key_is_a_number": text(HEADER, row(5)), "size_missing": text(HEADER, row().replace('"size": 16, ', "")),
    "hash_missing": text(HEADER, row().replace(f'"hash": {HASH}, ', "")), "meta_missing": text(HEADER, row().replace(', "meta": {}', "")),
    "folder_without_meta": text(HEADER, '{"logical_key": "a/"}'), "repeated_key": text(HEADER, row(), row("y"), row()),
    "file_in_a_file": text(HEADER, row("a"), row("a/b")), "file_over_a_folder": text(HEADER, row("a/b"), row("a-b"), row("a")),
    "folder_meta_of_a_file": text(HEADER, '{"logical_key": "a/", "meta": {"x": 1}}', row("a")),
    "folder_meta_in_a_file": text(HEADER, row("a"), '{"logical_key": "a/b/", "meta": {"x": 1}}'),
    "urls_are_a_text": text(HEADER, row(url='"file:///x"')), "url_is_a_number": text(HEADER, row(url="[5]")), "url_is_empty": text(HEADER, row(url='[""]')),
    "control_character": text(HEADER, row(meta='{"a": "\x01"}')),
}
ONLY_UNIO_REFUSES = {
    "parent": text(HEADER, row("../x")), "parent_inside": text(HEADER, row("a/../../x")), "absolute": text(HEADER, row("/x")),
    "dot": text(HEADER, row("./x")), "empty_segment": text(HEADER, row("a//b")), "empty_key": text(HEADER, row("")),
    "slash_at_the_end": text(HEADER, row("a/")), "nul": text(HEADER, row("a\0b")), "folder_above": text(HEADER, '{"logical_key": "../", "meta": {"a": 1}}'),
    "negative_size": text(HEADER, row(size="-1")), "half_a_byte": text(HEADER, row(size="1.5")), "size_is_a_text": text(HEADER, row(size='"16"')),
    "size_is_not_finite": text(HEADER, row(size="NaN")), "size_beyond_64_bits": text(HEADER, row(size="99999999999999999999")),
}


def load(manifest):
    return quilt3.Package.load(io.StringIO(manifest, newline="\n"))


def main():
    FOLDER.mkdir(exist_ok=True)
    files = {}
    for name, built in written():
        buffer = io.StringIO(newline="\n")
        built.dump(buffer)
        (FOLDER / f"{name}.jsonl").write_text(buffer.getvalue(), encoding="utf-8", newline="")
        again = io.StringIO(newline="\n")
        load(buffer.getvalue()).dump(again)
        assert again.getvalue() == buffer.getvalue(), name
        files[name] = {"top_hash": top_hash(load(buffer.getvalue())), "written_by_quilt3": True}
    for name, manifest in foreign():
        (FOLDER / f"{name}.jsonl").write_text(manifest, encoding="utf-8", newline="")
        files[name] = {"top_hash": top_hash(load(manifest)), "written_by_quilt3": False}
    refused = []
    for name, manifest in {**REFUSED, **ONLY_UNIO_REFUSES}.items():
        refused.append({"name": name, "quilt3_loads": loads(manifest), "text": manifest})
        assert refused[-1]["quilt3_loads"] == (name in ONLY_UNIO_REFUSES), name
    expected = {"manifests": files, "refused": refused}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def loads(manifest):
    try:
        load(manifest)
    except Exception:  # whatever it is: quilt3 refuses with many types
        return False
    return True


def top_hash(loaded):
    try:
        return loaded.top_hash
    except QuiltException:
        return None


main()
