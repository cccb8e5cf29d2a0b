#!/bin/sh
# mocks/etcd beside a real etcd: the requests of requests.txt by curl and the commands of
# commands.txt by etcdctl must be answered the same, over plain HTTP and over TLS with client
# certificates. usage: side_by_side.sh SERVE_ETCD   Skipped (77) without etcd, curl or etcdctl.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
serve=$1
for tool in etcd curl etcdctl; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "skipped: there is no $tool here"
        exit 77
    }
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/confed-etcd.XXXXXX")
pids=""
end() {
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$dir"
}
trap end EXIT
failures=0

# await WHAT COMMAND...: until it succeeds; 20 s at most.
await() {
    what=$1
    shift
    i=0
    until "$@" >/dev/null 2>&1; do
        i=$((i + 1))
        [ "$i" -lt 400 ] || {
            echo "FAILED: $what does not come up" >&2
            exit 1
        }
        sleep 0.05
    done
}

"$serve" "$dir" &
pids="$pids $!"
await "serve_etcd" test -s "$dir/ours"
{ read -r our_plain && read -r our_tls; } <"$dir/ours"
ca=$dir/ca.crt cert=$dir/client.crt key=$dir/client.key

# real NAME SCHEME FLAGS...: starts one on free ports. They may be taken before it listens: then again.
real() {
    name=$1 scheme=$2
    shift 2
    for attempt in 1 2 3 4 5; do
        port=$((20000 + ($$ * 7 + attempt * 611 + ${#name} * 1013) % 10000))
        etcd --enable-v2 --data-dir "$dir/$name.$attempt" --initial-cluster "default=http://127.0.0.1:$((port + 1))" \
            --listen-client-urls "$scheme://127.0.0.1:$port" --advertise-client-urls "$scheme://127.0.0.1:$port" \
            --listen-peer-urls "http://127.0.0.1:$((port + 1))" \
            --initial-advertise-peer-urls "http://127.0.0.1:$((port + 1))" "$@" >"$dir/$name.log" 2>&1 &
        pid=$!
        i=0
        while kill -0 "$pid" 2>/dev/null && [ "$i" -lt 400 ]; do
            if curl -sf --noproxy '*' --cacert "$ca" --cert "$cert" --key "$key" \
                "$scheme://127.0.0.1:$port/health" 2>/dev/null | grep -q true; then
                pids="$pids $pid"
                url=$scheme://127.0.0.1:$port
                return
            fi
            i=$((i + 1))
            sleep 0.05
        done
        kill "$pid" 2>/dev/null || true
    done
    echo "FAILED: the real etcd does not come up: $(tail -n 3 "$dir/$name.log")" >&2
    exit 1
}
real plain http
real_plain=$url
real tls https --client-cert-auth --trusted-ca-file "$ca" --cert-file "$dir/server.crt" --key-file "$dir/server.key"
real_tls=$url

# What differs by nature: names of members, times, the raft's own counters, ports.
normal() {
    sed -e 's/\r$//' -e '/^Date:/d' -e 's/^\(X-Raft-[A-Za-z]*\|X-Etcd-Cluster-Id\):.*/\1: -/' \
        -e 's/"expiration":"[^"]*"/"expiration":"-"/g' -e 's/"ttl":\(99\|49\)\b/"ttl":50/g; s/"ttl":100/"ttl":50/g' \
        -e 's#\(https\{0,1\}://\)\(127.0.0.1\|localhost\):[0-9]*#\1HOST#g' \
        -e 's/\b[0-9a-f]\{14,16\}\b/ID/g' -e 's/^Content-Length:.*/Content-Length: -/' |
        awk 'body { print; next } /^$/ { body = 1; system(""); close(sort); print ""; next } NR == 1 { print; next }
             { print | sort }' sort=sort
}

compare() {
    [ "$(cat "$dir/real")" = "$(cat "$dir/mine")" ] && return
    failures=$((failures + 1))
    echo "FAILED: $1" >&2
    diff "$dir/real" "$dir/mine" >&2 || true
}

# ask URL METHOD TARGET [FORM]
ask() {
    base=$1 method=$2 target=$3
    shift 3
    [ "$method" != HEAD ] || set -- --head
    [ $# -eq 0 ] || [ "$1" = --head ] || set -- --data-raw "$1"
    curl -s -i -m 5 --http1.1 --noproxy '*' --path-as-is --globoff --cacert "$ca" --cert "$cert" --key "$key" \
        -X "$method" "$@" "$base$target"
}

both() {
    label=$1
    shift
    ask "$real" "$@" | normal >"$dir/real"
    ask "$mine" "$@" | normal >"$dir/mine"
    compare "$label: $*"
}

count=0
for pair in plain tls; do
    case $pair in
    plain) real=$real_plain mine=$our_plain ;;
    tls) real=$real_tls mine=$our_tls ;;
    esac
    while read -r method target form; do
        case $method in '#'* | '') continue ;; esac
        both "$pair" "$method" "$target" ${form:+"$form"}
        count=$((count + 1))
        [ "$pair" = plain ] || [ "$count" -lt 180 ] || break
    done <"$here/requests.txt"

    # A long poll that is asked before what it waits for: the index says what that is.
    index=$(ask "$mine" GET /v2/keys | sed -n 's/\r$//; s/^X-Etcd-Index: //p')
    for side in real mine; do
        eval "base=\$$side"
        ask "$base" GET "/v2/keys/w?wait=true&recursive=true&waitIndex=$((index + 1))" >"$dir/$side.wait" &
        waiter=$!
        ask "$base" PUT /v2/keys/other value=1 >/dev/null
        ask "$base" PUT /v2/keys/w/x "value=1&ttl=1" >/dev/null
        wait "$waiter"
        normal <"$dir/$side.wait" | grep -v '^X-Etcd-Index' >"$dir/$side"
    done
    compare "$pair: a long poll"
    for side in real mine; do
        eval "base=\$$side"
        ask "$base" GET "/v2/keys/w/x?wait=true&waitIndex=$((index + 3))" | normal | grep -v '^X-Etcd-Index' >"$dir/$side"
    done
    compare "$pair: a key that expires"
    both "$pair" GET /v2/keys/w/x

    while read -r command; do
        case $command in '#'* | '') continue ;; esac
        for side in real mine; do
            eval "base=\$$side"
            code=0
            # shellcheck disable=SC2086
            ETCDCTL_API=2 etcdctl --endpoints "$base" --ca-file "$ca" --cert-file "$cert" --key-file "$key" \
                $command >"$dir/out" 2>&1 || code=$?
            { normal <"$dir/out"; echo "exit $code"; } >"$dir/$side"
        done
        compare "$pair: etcdctl $command"
    done <"$here/commands.txt"
done

# Who has no certificate of the CA does not get in, at either.
for base in "$real_tls" "$our_tls"; do
    ! curl -s -m 5 --noproxy '*' --cacert "$ca" "$base/version" >/dev/null ||
        { failures=$((failures + 1)); echo "FAILED: $base answers without a client certificate" >&2; }
    ! curl -s -m 5 --noproxy '*' --cacert "$ca" --cert "$dir/stranger.crt" --key "$dir/stranger.key" "$base/version" \
        >/dev/null || { failures=$((failures + 1)); echo "FAILED: $base answers a stranger" >&2; }
done
echo "$count requests compared"
[ "$failures" = 0 ]
