# Shared by the scripts in this folder, which source it: the project's root, messages, and pinned archives.
# Nothing here reads from a terminal or depends on the current folder.

set -euo pipefail
shopt -s inherit_errexit
exec </dev/null

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
PINS=$ROOT/scripts/pins.txt

# step TEXT: one line about what happens now.
step() { printf -- '-- %s\n' "$*" >&2; }

# die MESSAGE [HINT]: says what went wrong and what to do, and ends the script.
die() {
    printf 'error: %s\n' "$1" >&2
    if [[ $# -gt 1 ]]; then printf 'hint: %s\n' "$2" >&2; fi
    exit 1
}

# quietly LOG COMMAND...: runs a command with its output in a file; shows the end of it only when the command fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if "$@" >"$log" 2>&1; then return 0; fi
    tail -n 60 "$log" >&2
    printf 'error: this command failed (all of its output is in %s):\n  %s\n' "$log" "$*" >&2
    return 1
}

# pin KIND NAME: the line of scripts/pins.txt as "version file sha256".
pin() {
    awk -v kind="$1" -v name="$2" '$1 == kind && $2 == name { print $3, $4, $5; found = 1; exit } END { exit !found }' \
        "$PINS" || die "scripts/pins.txt has no line for $1 $2"
}

build_cache() { printf '%s\n' "${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/unio-build"; }

# pinned_folder KIND NAME: where the unpacked archive lies once scripts/setup has run.
pinned_folder() {
    local line
    line=$(pin "$1" "$2")
    printf '%s\n' "$(build_cache)/${line##* }"
}

# built_folder KIND NAME [SANITIZER]: where scripts/setup has built it. cmake/pinned.cmake finds the same.
built_folder() { printf '%s-built%s\n' "$(pinned_folder "$1" "$2")" "${3:+-$3}"; }

# versitygw_folder: where the S3 server of the tests lies.
versitygw_folder() {
    printf '%s/%s-versitygw\n' "$(build_cache)" "$(cat "$ROOT"/tests/versitygw/go.{mod,sum} | sha256sum | cut -d' ' -f1)"
}

# postgres_programs: where Debian keeps PostgreSQL's programs.
postgres_programs() { printf '/usr/lib/postgresql/15/bin\n'; }

# moto_folder: the Python environment of a second S3 server of the tests.
moto_folder() { printf '%s/%s-moto\n' "$(build_cache)" "$(requirements moto | sha256sum | cut -d' ' -f1)"; }

# torch_folder: the Python environment with PyTorch.
torch_folder() { printf '%s/%s-torch\n' "$(build_cache)" "$(requirements torch | sha256sum | cut -d' ' -f1)"; }

# requirements KIND: the lines of that kind in scripts/pins.txt as pip reads them.
requirements() {
    awk -v kind="$1" '$1 == kind { if ($2 != name) printf "%s%s==%s", (name ? "\n" : ""), $2, $3; name = $2
                                   printf " --hash=sha256:%s", $5 } END { print "" }' "$PINS"
}

# cached_python FOLDER: the Python that a build folder makes the native module for, if it makes one.
cached_python() {
    [[ -f $1/CMakeCache.txt ]] || return 0
    awk -F= '/^UNIO_PYTHON:/ { made = $2 ~ /^(ON|TRUE)$/ } /^Python_EXECUTABLE:/ { python = $2 }
             END { if (made) print python }' "$1/CMakeCache.txt"
}

# free_port: a port of 127.0.0.1 that nobody has at this moment.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
