# Sourced by every topic. A topic starts one API server of its own, runs rows against it with one kubectl of the
# machine, and fails when a row did not show its user what it should. BIN is the folder of the programs, as ctest
# gives it; the first argument says which kubectl of `ci/fetch-kubectl --list`.
# shellcheck shell=sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:?the folder of confed-sim, set by ctest}
KUBECTL=$("$here/../../ci/fetch-kubectl" --list | sed -n "${1:-1}p")
[ -n "$KUBECTL" ] || {
    echo "no kubectl number ${1:-1} on this machine; ci/fetch-kubectl fetches Debian's"
    exit 77
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/confed-kubectl.XXXXXX")
server='' helpers=''
at_exit() {
    for pid in $helpers $server; do
        kill "$pid" 2>/dev/null || true
    done
    wait
    rm -rf "$scratch"
}
trap at_exit EXIT
trap 'exit 129' HUP INT TERM

# Nothing of the user's own may shine through: no kubeconfig, cache, editor, proxy or colour.
export HOME="$scratch" KUBECONFIG="$scratch/kc" TERM=dumb LC_ALL=C TZ=UTC
unset KUBE_EDITOR EDITOR VISUAL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY KUBECTL_EXTERNAL_DIFF 2>/dev/null || true
cd "$scratch"

rows=0 failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# k ARGUMENT...: kubectl, killed when it hangs
k() { timeout -k 1 20 "$KUBECTL" "$@"; }

# serve OPTION...: starts the server, and waits until it listens
serve() {
    "$BIN/confed-sim" apiserver --kubeconfig "$KUBECONFIG" --seed 1 "$@" >"$scratch/server.out" 2>&1 &
    server=$!
    until [ -s "$scratch/server.out" ]; do # it prints the kubeconfig's path when it is ready
        kill -0 "$server" 2>/dev/null || break
        sleep 0.02
    done
    [ -s "$KUBECONFIG" ] || {
        echo "confed-sim apiserver did not start: $(cat "$scratch/server.out")"
        exit 1
    }
}

# Runs the command of a row, with out, err and both as what it said, in the order of the streams.
perform() {
    code=0
    (eval "$1") </dev/null >out 2>err || code=$?
    { cat out; echo; cat err; } >both
}

# matches PATTERN...: whether each holds for the last command; else says which did not.
#   ERE       a line of the output or of the errors matches        !ERE     no line does
#   out:ERE   a line of the output matches                         err:ERE  a line of the errors matches
#   =TEXT     the output is exactly this, without trailing newlines
matches() {
    for pattern; do
        case $pattern in
        =*) [ "$(cat out)" = "${pattern#=}" ] ;;
        !*) ! grep -Eq -- "${pattern#!}" both ;;
        out:*) grep -Eq -- "${pattern#out:}" out ;;
        err:*) grep -Eq -- "${pattern#err:}" err ;;
        *) grep -Eq -- "$pattern" both ;;
        esac || {
            missing=$pattern
            return 1
        }
    done
}

judge() {
    wanted=$1
    shift
    missing=
    [ "$code" = "$wanted" ] || missing="exit code $wanted (it was $code)"
    [ -z "$missing" ] && matches "$@"
}

# row WHAT EXIT COMMAND PATTERN...: COMMAND is shell, with k for this kubectl
row() {
    rows=$((rows + 1))
    what=$1 wanted_code=$2 command=$3
    shift 3
    perform "$command"
    judge "$wanted_code" "$@" || complain
}

# comes WHAT COMMAND PATTERN...: a row about something that takes a moment: repeated until it holds
comes() {
    rows=$((rows + 1))
    what=$1 command=$2
    shift 2
    tries=0
    until perform "$command" && judge 0 "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || {
            complain
            break
        }
        sleep 0.1
    done
}

complain() {
    fail "$what: expected: $missing"
    printf '  $ %s\n' "$command"
    head -c 3000 out | sed 's/^/  out| /'
    head -c 3000 err | sed 's/^/  err| /'
}

# newer MINOR: whether this kubectl is 1.MINOR or newer
minor=
newer() {
    [ -n "$minor" ] ||
        minor=$("$KUBECTL" version --client -o json | jq -r '.clientVersion.gitVersion | split(".")[1]')
    [ "$minor" -ge "$1" ]
}

done_testing() {
    kill -0 "$server" 2>/dev/null || fail "the server is gone: $(cat "$scratch/server.out")"
    echo "$(basename "$0" .sh): $rows rows with $KUBECTL, $failures failed"
    [ "$failures" = 0 ] || exit 1
}
