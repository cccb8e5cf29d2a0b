#!/bin/sh
# The faults of `confed-sim apiserver --fault`, as they come out of the wire: what curl and kubectl then see.
. "$(dirname "$0")/lib.sh"
MAPS=/api/v1/namespaces/default/configmaps
serve --bare \
    --fault "get $MAPS/late delay=8000" \
    --fault "get $MAPS/broken status=500" \
    --fault "get $MAPS/busy status=429 retry-after=1 count=1" \
    --fault "get $MAPS/reset reset" \
    --fault "get $MAPS/refuse refuse" \
    --fault "get $MAPS/silent drop" \
    --fault "get $MAPS/part truncate=40" \
    --fault "get $MAPS/other garble" \
    --fault "watch configmaps truncate=20 count=1" \
    --fault "watch configmaps close count=1" \
    --fault "watch configmaps compact count=1" \
    --fault "put,patch configmaps conflict count=1" \
    --fault "list configmaps stale count=1" \
    --fault "delete secrets status=503 skip=1 count=1" \
    --fault "get $MAPS/luck status=500 p=0.5"
LUCK=$MAPS/luck
by_curl
MAPS=$URL$MAPS

make() { printf '{"metadata":{"name":"%s"},"data":{"v":"%s"}}' "$1" "${2:-1}" | c "$MAPS" -d @- >/dev/null; }
for name in late broken busy reset refuse silent part other luck plain; do make "$name"; done

row "delay" 0 'c -w "%{time_starttransfer} %{http_code}" "$MAPS/late"' '^0\.[89][0-9]* 200$|^[1-9][0-9.]* 200$' '"name":"late"'
row "500" 0 'c "$MAPS/broken"' '^500$' '"reason":"InternalError"' 'an error on the server has prevented the request from succeeding'
row "500, for kubectl" 1 'k get cm broken' 'err:Error from server \(InternalError\): an error on the server has prevented'
row "429 says when to come again" 0 'c -i "$MAPS/busy"' '^HTTP/1.1 429 Too Many Requests' '^Retry-After: 1' '"reason":"TooManyRequests"'
row "429 was once" 0 'k get cm busy -o name' '=configmap/busy'
row "reset" 56 'c "$MAPS/reset"' 'err:curl: \(56\).*(reset by peer|unexpected eof|Connection died)'
row "reset, for kubectl" 1 'k get cm reset' 'err:connection reset by peer|EOF|an error on the server \(""\) has prevented'
row "refuse" 56 'c "$MAPS/refuse"' 'err:curl: \(56\)'
row "drop is no answer" 28 'c -m 1 "$MAPS/silent"' 'err:timed out after 1[0-9]{3} milliseconds with 0 bytes received'
row "truncate announces more than it sends" 18 'c -i "$MAPS/part"' '^Content-Length: [1-9][0-9]{2}' '^\{"kind":"ConfigMap","apiVersion":"v1","m$' \
    'err:transfer closed with [1-9][0-9]* bytes remaining to read'
row "truncate, for kubectl" 1 'k get cm part' 'err:unexpected EOF'
row "garble" 0 'k get cm other -o "jsonpath={.metadata.name} {.data}"' '=other0garbled {"v0garbled":"10garbled"}'

row "a watch is truncated" 18 'c -N "$MAPS?watch=1"' '^\{"type":"ADDED","obj$' 'err:outstanding read data remaining|transfer closed'
row "a watch is closed" 0 'c -N "$MAPS?watch=1&timeoutSeconds=600"' '^\{"type":"ADDED".*"name":"late"' '^200$'
row "a watch finds its past forgotten" 0 'c -N "$MAPS?watch=1&resourceVersion=2"' '"type":"ERROR".*"code":410'
row "a watch is whole again" 28 'c -N -m 1 "$MAPS?watch=1&timeoutSeconds=600"' '"name":"late".*"uid"'

row "a conflict" 1 'k patch cm plain --type merge -p "{\"data\":{\"v\":\"2\"}}"' 'err:\(Conflict\): Operation cannot be fulfilled on configmaps "plain"'
row "a conflict once" 0 'k patch cm plain --type merge -p "{\"data\":{\"v\":\"2\"}}"' '=configmap/plain patched'
make newest
row "a stale list has not what was made last" 0 'c "$MAPS"' '"name":"plain"' '!"name":"newest"'
row "stale once" 0 'c "$MAPS"' '"name":"newest"'

for name in s1 s2; do k create secret generic "$name" --from-literal=a=b >/dev/null; done
row "skip lets the first pass" 0 'k delete secret s1' '=secret "s1" deleted'
row "then it strikes" 1 'k delete secret s2' 'err:\(ServiceUnavailable\)'
row "count ends it" 0 'k delete secret s2' '=secret "s2" deleted'

lots() { # the statuses of 40 gets, as one word
    i=0
    while [ "$i" -lt 40 ]; do
        i=$((i + 1))
        set -- "$@" -o /dev/null "$URL$LUCK"
    done
    curl -sS -m 20 --cacert ca.pem --cert cert.pem --key key.pem -w '%{http_code} ' "$@" | tr -d ' '
}
row "by chance, some of them" 0 'lots | tee luck' '(200){2}' '(500){2}' '200500' '500200'
again=$("$BIN/confed-sim" apiserver --kubeconfig again --bare --seed 1 --background --fault "get $LUCK status=500 p=0.5")
other=$("$BIN/confed-sim" apiserver --kubeconfig other --bare --seed 2 --background --fault "get $LUCK status=500 p=0.5")
of() { # KUBECONFIG: the luck of another server
    (
        KUBECONFIG=$1
        by_curl
        k create cm luck --from-literal=v=1 >/dev/null
        lots
    )
}
row "the same seed has the same luck" 0 'of "$again"' "=$(cat luck)"
row "another seed has another" 0 'of "$other"' "!^$(cat luck)\$" '^(200|500){40}$'
row "a rule that is none" 2 '"$BIN/confed-sim" apiserver --kubeconfig x --fault "get nodes explode"' 'err:fault rule "get nodes explode": "explode" is no action: use refuse, reset'
done_testing
