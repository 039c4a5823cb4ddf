"""Writes what Python's json module makes of many texts, for tests/unit/base/json_golden_test.cpp.

json_values.jsonl: groups of four lines: a JSON text; its value as json.dumps(ensure_ascii=False) writes it, with
default and with compact separators (a lone surrogate, which Python cannot encode, as its escape); and in canonical
form. json_refused.jsonl: texts that json.loads refuses, one a line.

Run it from any folder; the same Python gives the same bytes.
"""

import json
import math
import random
import struct
from pathlib import Path

FOLDER = Path(__file__).parent
CHARACTERS = [*map(chr, range(0x20)), *"\"\\/ \x7f\x80\x9fabcxyz09éßÿĀ߿ࠀ\u2028\u2029日本\ud7ff\ue000\ufeff\ufffd\uffff",
              "\U00010000", "\U0001f600", "\U0010ffff", "\ud800", "\udbff", "\udc00", "\udfff"]
SPELLINGS = ["-0", "0", "-0.0", "0.0", "1E5", "1e+5", "1e-5", "1.0e16", "9999999999999999.0", "9007199254740993.0", "1e15", "1e16",
             "123456789012345.6", "1e22", "1e23", "0.0001", "0.00001", "0.00010", "5e-324", "2e-324", "3e-324", "2.2250738585072011e-308",
             "2.2250738585072014e-308", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
             "1e400", "-1e400", "1e-400", "-1e-400", "0e999999", "1e99999999999999999999", "1e-99999999999999999999",
             "0.1", "0.30000000000000004", "100000.0", "16.0", "NaN", "Infinity", "-Infinity", "9223372036854775807",
             "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
             "18446744073709551616", "1" + "0" * 4299, "-1" + "0" * 4299, "1." + "0" * 400 + "1", "1" + "0" * 400 + ".5",
             "true", "false", "null", "[]", "{}", " [ ] ", "\t{ \r}\t", "[[],{}]", '""', '"\\u0041\\u00e9\\/"',
             '"\\uD83D\\uDE00"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\ud83d\\ud83d\\ude00"', '"\\ud83dx"',
             '"\\ud83d\\u0041"', '"\\ud83d\\n"', '"\\u0000"', '{"a":1,"b":2,"a":3}', '{"a":{"x":1},"a":{"y":2,"y":3}}',
             '{"\\ud83d\\ude00":1,"\\uffff":2,"\\ud800":3,"a":4}', '{"":0}', '{"a\\u0000":1,"a":2}',
             "[1,2.5,\"x\",null,true,[{}]]", "[" * 500 + "]" * 500]
REFUSED = ["", " ", "nul", "nulll", "True", "nan", "inf", "+1", "01", "-01", "00", ".5", "1.", "-", "--1", "1e", "1e+", "1.e5", "0x10", "1_000",
           "-NaN", "+Infinity", "-Infinit", "[", "]", "{", "}", "[1,]", "[,1]", "[1 2]", "{,}", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}",
           '{1:2}', "{'a':1}", "'a'", '"', '"a', '"\\"', '"\\x41"', '"\\u12"', '"\\u12g4"', '"\\u+123"', '"\\u 123"', '"\\u0x41"', '"\\ud83d\\u"', '"\\ud83d\\uzzzz"', '"a\tb"', '"a\x00b"', '"a\x1fb"', "\ufeff1", "\ufeff{}", "1 1", "null null", "[] []",
           "\x0c1", "\x0b1", "\u00a01", "/**/1", "1//", "\x001", "1\x00", "1" * 4301, "[" + "-" + "9" * 4301 + "]", "\u0661", "1e\u0661"]


def random_text(choice):
    return "".join(choice.choice(CHARACTERS) for _ in range(choice.randrange(8)))


def random_double(choice):
    kind = choice.randrange(4)
    if kind == 0:
        value = struct.unpack("<d", choice.randbytes(8))[0]
        return value if math.isfinite(value) else 0.5
    if kind == 1:
        return choice.uniform(-1e6, 1e6)
    if kind == 2:
        return float(choice.randrange(10**choice.randrange(1, 25)))
    return choice.randrange(1, 10**6) * 10.0 ** choice.randrange(-12, 24)


def random_value(choice, depth=0):
    kind = choice.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return choice.choice([None, True, False, math.nan, math.inf, -math.inf])
    if kind == 1:
        return choice.randrange(-1000, 1000)
    if kind == 2:
        return choice.randrange(-(10**choice.randrange(1, 40)), 10**choice.randrange(1, 40))
    if kind == 3:
        return random_double(choice)
    if kind in (4, 5):
        return random_text(choice)
    if kind == 6:
        return [random_value(choice, depth + 1) for _ in range(choice.randrange(5))]
    count = choice.randrange(6) if choice.randrange(40) else 40
    return {random_text(choice): random_value(choice, depth + 1) for _ in range(count)}


def respaced(choice, text):
    """The same value, with odd but allowed spacing and escapes, sometimes with repeated members."""
    text = text.replace('", "', '" ,\t"').replace("/", choice.choice(["/", "\\/"]))
    if text.startswith("{") and len(text) > 2 and choice.randrange(3) == 0:
        text = text[:-1] + "," + text[1:]
    return choice.choice(["", " ", "\t\r"]) + text + choice.choice(["", " "])


def mutated(choice, text):
    at = choice.randrange(len(text) + 1)
    piece = choice.choice(["", ",", ":", '"', "\\", "[", "}", "0", "-", ".", "e", "u", " ", "1"])
    return text[:at] + piece + text[at + choice.randrange(2):]


def encoded(text):
    return text.encode("utf-8", "backslashreplace") + b"\n"


def main():
    choice = random.Random(20261124)
    texts = list(SPELLINGS)
    texts += [json.dumps([random_double(choice) for _ in range(20)]) for _ in range(100)]
    for _ in range(1200):
        text = json.dumps(random_value(choice), ensure_ascii=choice.choice([True, False]))
        text = text.encode("utf-8", "backslashreplace").decode()
        texts.append(respaced(choice, text))
    texts += [mutated(choice, choice.choice(texts[:80])) for _ in range(600)]
    refused = list(REFUSED)
    with open(FOLDER / "json_values.jsonl", "wb") as values:
        for text in texts:
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                refused.append(text)
                continue
            values.write(encoded(text))
            values.write(encoded(json.dumps(value, ensure_ascii=False)))
            values.write(encoded(json.dumps(value, ensure_ascii=False, separators=(",", ":"))))
            values.write(encoded(json.dumps(value, sort_keys=True, separators=(",", ":"))))
    for text in REFUSED:
        try:
            json.loads(text)
        except ValueError:
            continue
        raise SystemExit(f"Python takes {text!r}")
    with open(FOLDER / "json_refused.jsonl", "wb") as file:
        file.write(b"".join(encoded(text) for text in dict.fromkeys(refused)))


main()
