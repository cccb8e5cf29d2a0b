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

# soon WHAT COMMAND...: until it succeeds; a minute at most, which no machine needs
soon() {
    what=$1 i=0
    shift
    until "$@" >"$scratch/out" 2>&1; do
        i=$((i + 1))
        [ "$i" -lt 600 ] || {
            fail "$what: $(tail -n 3 "$scratch/out")"
            done_testing
        }
        sleep 0.1
    done
}

# world_up [OPTION...]: a simulated world in $scratch/world with its juju and kubefed first in PATH; it ends with the test
world_up() {
    "$BIN/confed" up "$@" "$scratch/world" >"$scratch/env" 2>"$scratch/out" || {
        fail "confed up $*: $(cat "$scratch/out")"
        done_testing
    }
    trap '"$BIN/confed" down "$scratch/world" >/dev/null 2>&1; rm -rf "$scratch"' EXIT
    # shellcheck source=/dev/null
    . "$scratch/env"
}

# models: the names of those that Juju has
models() { juju models --format=json | jq -r '[.models[].name] | join(" ")'; }

# result RUN CASE FILTER: what jq makes of a case's result
result() { jq -r --arg id "$2" ".results[] | select(.case == \$id) | $3" "$1/results.json"; }

# control WORLD JSON: one command to the world of that folder; its answer is in $scratch/out
control() {
    perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; print $s "$ARGV[1]\n"; print <$s>' \
        "$(jq -r .socket "$1/world.json")" "$2" >"$scratch/out"
}

done_testing() {
    [ "$failures" = 0 ] || exit 1
}
