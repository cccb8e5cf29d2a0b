#!/bin/sh
# The life of a shared informer, by hand with curl: list, watch from there, a conflict, a delete, 410 and relist.
. "$(dirname "$0")/lib.sh"
serve --bare

by_curl
MAPS=$URL/api/v1/namespaces/default/configmaps

# body VALUE [VERSION]: a config map
body() { printf '{"metadata":{"name":"a","resourceVersion":"%s"},"data":{"v":"%s"}}' "${2:-}" "$1"; }
# rv: the resourceVersion of the last answer
rv() { head -n 1 out | jq -r .metadata.resourceVersion; }
# seen FIRST COUNT: what a watch from FIRST tells in its first two seconds: type, value
seen() {
    c -m 2 -N "$MAPS?watch=true&timeoutSeconds=10&resourceVersion=$1" 2>/dev/null | head -n "$2" |
        jq -r '[.type, .object.data.v // .object.reason] | join(" ")'
}

row "an empty list" 0 'c "$MAPS"' '^200$' '"kind":"ConfigMapList"' '"items":\[\]'
start=$(rv)
row "a list says from where to watch" 0 'echo "$start"' '^[0-9]+$'
row "create" 0 'c "$MAPS" -d "$(body one)"' '^201$'
first=$(rv)
row "update" 0 'c -X PUT "$MAPS/a" -d "$(body two "$first")"' '^200$' '"v":"two"'
second=$(rv)
row "each change has a higher version" 0 '[ "$start" -lt "$first" ] && [ "$first" -lt "$second" ]'
row "an update of an old version is a conflict" 0 'c -X PUT "$MAPS/a" -d "$(body three "$first")"' '^409$' \
    '"reason":"Conflict"' 'the object has been modified; please apply your changes to the latest version'
row "the conflict changed nothing" 0 'c "$MAPS/a"' '^200$' '"v":"two"' "\"resourceVersion\":\"$second\""
row "delete" 0 'c -X DELETE "$MAPS/a"' '^200$' '"status":"Success"'
row "a watch from the list tells all three" 0 'seen "$start" 3' '=ADDED one
MODIFIED two
DELETED two'
row "a watch from later tells the rest" 0 'seen "$second" 1' '=DELETED two'

# More changes than the server remembers: 8,192. Where all of them fail, a few will do.
changes=8300
[ -z "$SABOTAGE" ] || changes=3
row "create again" 0 'c "$MAPS" -d "$(body 0)"' '^201$'
{
    printf 'silent\nshow-error\nfail\ncacert=ca.pem\ncert=cert.pem\nkey=key.pem\n'
    i=0
    while [ "$i" -lt "$changes" ]; do
        i=$((i + 1))
        [ "$i" = 1 ] || printf 'next\nfail\n'
        printf 'url="%s/a"\nrequest=PATCH\nheader="Content-Type: application/merge-patch+json"\n' "$MAPS"
        printf 'data="{\\"data\\":{\\"v\\":\\"%d\\"}}"\noutput=/dev/null\ncacert=ca.pem\ncert=cert.pem\nkey=key.pem\n' "$i"
    done
} >many
row "8,300 changes" 0 'curl --config many'
row "a watch from before them is gone" 0 'seen "$start" 1' '^ERROR (Gone|Expired)$'
row "relist" 0 'c "$MAPS"' '^200$' '"v":"8300"'
again=$(rv)
row "a change after the relist" 0 'c -X DELETE "$MAPS/a"' '^200$'
row "a watch from the new list tells it" 0 'seen "$again" 1' '=DELETED 8300'
done_testing
