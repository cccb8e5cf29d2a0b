#!/bin/sh
# Bad input from the wire: a clear error for the one who sends it, and nothing for the others. (What is broken below
# HTTP is in the unit tests of mocks/serve.)
. "$(dirname "$0")/lib.sh"
# A row looks at the server's memory, to which AddressSanitizer would add a lot of what is freed already.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=8:allocator_release_to_os_interval_ms=50"
serve --bare
by_curl
MAPS=$URL/api/v1/namespaces/default/configmaps
authority=${URL#https://}

# One who was there before, and must not notice: a watch.
c -N -m 60 "$MAPS?watch=true" >others 2>&1 &
helpers="$helpers $!"
repeat() { head -c "$2" /dev/zero | sed "s/\\x00/$1/g"; }
raw() { # [OPTION...]: sends standard input as it is, by TLS as the administrator; prints what comes until the server closes
    timeout 15 openssl s_client -quiet "$@" -connect "$authority" -cert cert.pem -key key.pem -CAfile ca.pem 2>/dev/null || true
}

{ printf '{"metadata":{"name":"x"},"data":'; repeat '\[' 5000; repeat '\]' 5000; printf '}'; } >deep
row "JSON that nests too deep" 0 'c "$MAPS" -d @deep' '^400$' '"message":".*json parse error: exceeded max depth'
printf '{"metadata":{"name":"\377\376"}}' >no-utf8
row "what is not UTF-8" 0 'c "$MAPS" --data-binary @no-utf8' '^400$' '"message":".*json parse error: invalid UTF-8'
row "JSON that breaks off" 0 'c "$MAPS" -d "{\"metadata\":{"' '^400$' '"message":".*unexpected end of JSON input'
repeat a 4000000 >big
row "too large for an object" 0 'c "$MAPS" -d @big' '^413$' '"reason":"RequestEntityTooLarge"' 'limit is 3145728'
repeat a 9000000 >huge
row "too large for a request" 0 'c -H Expect: "$MAPS" -d @huge 2>&1 || true' '413 Request Entity Too Large|^413$'
row "a head without end" 0 'c -H "X: $(repeat a 70000)" "$MAPS"' '^431$'
row "no HTTP at all" 0 'printf "nonsense\r\n\r\n" | raw' '^HTTP/1\.1 400 Bad Request'
row "two lengths" 0 'printf "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab" | raw' '^HTTP/1\.1 400 '
row "a request that breaks off" 0 'printf "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{\"metadata\":{\"name\":\"half\"}}" | raw -no_ign_eof' '='
row "a version of HTTP that is none" 0 'printf "GET / HTTP/3.0\r\nHost: a\r\n\r\n" | raw' '^HTTP/1\.1 505 '
row "pipelined requests" 0 '{ printf "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"; sleep 1; } | raw | grep -o "HTTP/1.1 [0-9]*"' \
    '=HTTP/1.1 200
HTTP/1.1 404'
row "a protobuf that is none" 0 'c "$MAPS" -H "Content-Type: application/vnd.kubernetes.protobuf" -d nonsense' '^400$' '"reason":"BadRequest"'
row "HTTP without TLS" 0 'curl -sS -m 5 "http://$authority/healthz" 2>&1 || true' 'Empty reply|reset by peer|Received HTTP/0\.9|HTTP request to an HTTPS'
row "TLS of long ago" 35 'curl -sS -m 5 -k --tls-max 1.1 "$URL/healthz"' 'err:curl: \(35\)'
openssl req -x509 -newkey rsa:2048 -nodes -keyout forged.key -out forged.pem -subj "/O=system:masters/CN=admin" -days 1 2>/dev/null
row "a certificate that anybody could make" 0 'curl -sS -m 5 --cacert ca.pem --cert forged.pem --key forged.key -w "\n%{http_code}\n" "$MAPS"' '^401$' '"reason": ?"Unauthorized"'
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server/status"; }
before=$(resident)
again() { # what had a size and was refused, once more
    for what in deep no-utf8 big huge big huge; do
        curl -sS -m 10 --cacert ca.pem --cert cert.pem --key key.pem -H Expect: -H 'Content-Type: application/json' \
            --data-binary "@$what" -o again.out "$MAPS" 2>again.err || true
    done
}
row "none of it is kept in memory" 0 'again; echo $(($(resident) - before))' '^(-[0-9]+|[0-9]{1,4})$'
# One who watches and reads nothing while more happens than the server keeps for him, 8 MiB.
repeat a 1000000 >value
large() { # N: the changes of a large object
    i=0
    while [ "$i" -lt "$1" ]; do
        i=$((i + 1))
        { printf '{"metadata":{"name":"large","labels":{"n":"%d"}},"data":{"v":"' "$i"; cat value; printf '"}}'; } >change
        c -X PUT "$MAPS/large" -d @change
    done
}
c "$MAPS" -d '{"metadata":{"name":"large"}}' >large.out
curl -sS -N -m 60 -A confed --cacert ca.pem --cert cert.pem --key key.pem -o slow "$MAPS?watch=true&fieldSelector=metadata.name%3Dlarge" 2>slow.err &
slow=$!
helpers="$helpers $slow"
until [ -s slow ]; do sleep 0.05; done
kill -STOP "$slow"
before=$(resident)
row "one who reads nothing holds nobody up" 0 'large 24 | grep -c "^200$"' '=24'
row "nor what the server has to keep for him" 0 'echo $(($(resident) - before))' '^[0-9]{1,5}$'
kill -CONT "$slow"
end=0
wait "$slow" || end=$?
c -X DELETE "$MAPS/large" >large.out
row "he reads what was kept for him, whole, and then the end" 0 '[ "$end" = 0 ] && jq -r .object.metadata.labels.n slow | tail -n 1' '^(9|1[0-9]|2[0-3])$'
row "the others did not notice" 0 'c "$MAPS" -d "{\"metadata\":{\"name\":\"well\"}}" && sleep 0.5 && cut -c 1-300 others' '^201$' '"type":"ADDED".*"name":"well"'
row "and nothing of it was stored" 0 'c "$MAPS" | head -n 1 | jq -r ".items[].metadata.name"' '=well'
done_testing
