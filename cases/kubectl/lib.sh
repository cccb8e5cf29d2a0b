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
server='' servers='' helpers=''
at_exit() {
    for pid in $helpers; do
        kill "$pid" 2>/dev/null || true
    done
    wait
    rm -rf "$scratch"
}
trap at_exit EXIT
trap 'exit 129' HUP INT TERM

# Nothing of the user's own may shine through: no kubeconfig, cache, editor, proxy or colour.
export HOME="$scratch" TMPDIR="$scratch" KUBECONFIG="$scratch/kc" TERM=dumb LC_ALL=C TZ=UTC
unset KUBE_EDITOR EDITOR VISUAL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY KUBECTL_EXTERNAL_DIFF 2>/dev/null || true
cd "$scratch"

rows=0 failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# With SABOTAGE=ACTION, an action of mocks/fault, every row must fail: each check is seen to be one. The server that
# the rows ask strikes all requests behind discovery; a row that holds all the same is asked again of a second one,
# which strikes discovery and health too. What a topic prepares between its rows may fail then.
SABOTAGE=${SABOTAGE:-}
patience=20
[ -z "$SABOTAGE" ] || {
    patience=3
    set +e
}
paths() { # of all resources, one prefix a line
    {
        jq -r '.cluster // {} | (.groups // []) + (.compatible // []) | .[]' "$here"/../../fixtures/profiles/*.json
        echo example.org/v1
    } | sort -u | sed 's,^,/apis/,; s,$,/,; s,^/apis/\(v1/\)$,/api/\1,'
}

# k ARGUMENT...: kubectl, killed when it hangs
k() { timeout -k 1 "$patience" "$KUBECTL" "$@"; }

# serve OPTION...: starts the server, and waits until it listens
serve() {
    if [ -n "$SABOTAGE" ]; then
        start "$KUBECONFIG.down" "$@" --fault "* * $SABOTAGE"
        for path in $(paths); do
            set -- "$@" --fault "* $path $SABOTAGE"
        done
    fi
    start "$KUBECONFIG" "$@"
}

start() { # KUBECONFIG OPTION...
    config=$1
    shift
    rm -f "$config" "$config.out" # of a server before
    "$BIN/confed-sim" apiserver --kubeconfig "$config" --seed 1 "$@" >"$config.out" 2>&1 &
    server=$!
    servers="$servers $server"
    helpers="$helpers $server"
    until [ -s "$config.out" ]; do # it prints the kubeconfig's path when it is ready
        kill -0 "$server" 2>/dev/null || break
        sleep 0.02
    done
    [ -s "$config" ] || {
        echo "confed-sim apiserver did not start: $(cat "$config.out")"
        exit 1
    }
}

# by_curl: makes c ARGUMENT..., curl as the administrator, which prints the body in one line (by its own name it would
# get many) and the status after it; and URL
by_curl() {
    field certificate-authority-data | base64 -d >ca.pem
    field client-certificate-data | base64 -d >cert.pem
    field client-key-data | base64 -d >key.pem
    URL=$(field server)
}
# field NAME: a field of the kubeconfig, which has one cluster and one user
field() { sed -n "s/^ *\"\{0,1\}$1\"\{0,1\}: *//p" "$KUBECONFIG" | head -n 1 | tr -d '"'; }
c() {
    curl -sS -m 10 -A confed --cacert ca.pem --cert cert.pem --key key.pem -w '\n%{http_code}\n' \
        -H 'Content-Type: application/json' "$@"
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
    if [ -n "$SABOTAGE" ]; then
        must_fail "$wanted_code" "$@"
        return 0
    fi
    perform "$command"
    judge "$wanted_code" "$@" || complain
}

# comes WHAT COMMAND PATTERN...: a row about something that takes a moment: repeated until it holds
comes() {
    rows=$((rows + 1))
    what=$1 command=$2
    shift 2
    tries=0
    if [ -n "$SABOTAGE" ]; then
        must_fail 0 "$@"
        return 0
    fi
    until perform "$command" && judge 0 "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || {
            complain
            break
        }
        sleep 0.1
    done
}

# Whether a row shows what the server said: not that something is absent or refused, which other values do not change.
shows_values() {
    [ "$1" = 0 ] || return 1
    shift
    for pattern; do
        case $pattern in
        = | !*) ;;
        *) return 0 ;;
        esac
    done
    return 1
}

must_fail() { # EXIT PATTERN...
    [ "$SABOTAGE" != garble ] || shows_values "$@" || return 0
    perform "$command"
    judge "$@" || return 0
    KUBECONFIG=$KUBECONFIG.down
    server_url=$(field server)
    perform "$command"
    judge "$@" && {
        fail "$what: holds although the server fails ($SABOTAGE): it checks nothing"
        printf '  $ %s\n' "$command"
        head -c 600 both | sed 's/^/  | /'
    }
    KUBECONFIG=${KUBECONFIG%.down}
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
    kill -0 "$server" 2>/dev/null || fail "the server is gone: $(cat "$KUBECONFIG.out")"
    for pid in $servers; do # one that is checked for leaks says at its end what it found
        kill "$pid" 2>/dev/null || true
        status=0
        wait "$pid" || status=$?
        [ "$status" = 0 ] || fail "a server ended with status $status: $(cat "$KUBECONFIG.out")"
    done
    echo "$(basename "$0" .sh): $rows rows with $KUBECTL, $failures failed"
    [ "$failures" = 0 ] || exit 1
}
