"""Writes digests.jsonl: the digests of contents of several sizes, by Python's hashlib and plain definitions.

A content of n bytes is a block of 65,521 bytes, (31 i² + i) mod 251 for each i, repeated and cut to n.
CRC-64/NVME is given for small sizes only: here it goes bit by bit.
"""

import base64
import hashlib
import json
from pathlib import Path

MIB = 1 << 20
BLOCK = bytes((31 * i * i + i) % 251 for i in range(65521))
SIZES = [0, 1, 7, 8, 9, 55, 56, 63, 64, 65, 1000, 4096, 10007, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 17 * MIB + 5]


def crc64nvme(content):
    crc = (1 << 64) - 1
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x9A6C9329AC4BC9B5 if crc & 1 else 0)
    return crc ^ ((1 << 64) - 1)


def chunked(content):
    chunks = [content[i : i + 8 * MIB] for i in range(0, len(content), 8 * MIB)]
    return hashlib.sha256(b"".join(hashlib.sha256(chunk).digest() for chunk in chunks)).digest()


def main():
    assert crc64nvme(b"123456789") == 0xAE8B14860A799888
    with open(Path(__file__).parent / "digests.jsonl", "w") as file:
        for size in SIZES:
            content = (BLOCK * (size // len(BLOCK) + 1))[:size]
            row = {"size": size, "SHA256": hashlib.sha256(content).hexdigest(),
                   "sha2-256-chunked": base64.b64encode(chunked(content)).decode()}
            if size <= 10007:
                row["CRC64NVME"] = base64.b64encode(crc64nvme(content).to_bytes(8, "big")).decode()
            file.write(json.dumps(row) + "\n")


main()
