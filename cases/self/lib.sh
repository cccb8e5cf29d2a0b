# Sourced by the self tests. BIN is the folder of the programs, as ctest gives it.
# shellcheck shell=sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:?the folder of confed, set by ctest}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/confed-self.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# is WHAT GOT WANTED
is() { [ "$2" = "$3" ] || fail "$1: '$2', expected '$3'"; }

# has WHAT FILE TEXT
has() { grep -qF -- "$3" "$2" || fail "$1: no '$3' in: $(head -c 600 "$2")"; }

# exits CODE COMMAND...: runs it with its output in $scratch/out
exits() {
    wanted=$1
    shift
    code=0
    "$@" >"$scratch/out" 2>&1 || code=$?
    [ "$code" = "$wanted" ] || fail "'$*' exited with $code, expected $wanted: $(tail -n 3 "$scratch/out")"
}

# self_run RUN CASE...: runs self cases with their ledger
self_run() {
    run=$1
    shift
    "$BIN/confed" run --cases "$here/cases" --ledger "$here/gaps.json" --floor 1s --out "$run" "$@" \
        >"$scratch/out" 2>&1
}

done_testing() {
    [ "$failures" = 0 ] || exit 1
}
