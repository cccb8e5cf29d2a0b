#!/bin/sh
# A server with exactly the groups and the wire of its release, and a kubectl of another time.
. "$(dirname "$0")/lib.sh"
serve --strict
k run box --image=busybox --restart=Never -- sleep 10000 >/dev/null
k wait --for=condition=Ready pod/box --timeout=15s >/dev/null

row "the groups of 1.6" 0 'k api-versions' '=apps/v1beta1
authentication.k8s.io/v1
authentication.k8s.io/v1beta1
authorization.k8s.io/v1
authorization.k8s.io/v1beta1
autoscaling/v1
batch/v1
certificates.k8s.io/v1beta1
extensions/v1beta1
policy/v1beta1
rbac.authorization.k8s.io/v1alpha1
rbac.authorization.k8s.io/v1beta1
storage.k8s.io/v1
storage.k8s.io/v1beta1
v1'
row "what is of later" 1 'k create cronjob c --image=i --schedule="* * * * *"' 'err:could not find the requested resource|no matches for kind "CronJob"'
row "exec falls back to SPDY" 0 'k exec box -- echo hi' '=hi'
row "no WebSocket v5" 0 'k exec box -v=6 -- true' 'POST .*/pods/box/exec\?.* 101 Switching Protocols' '!GET .*/exec\?.* 101 '
row "exec with an exit code" 3 'k exec box -- sh -c "exit 3"' 'err:command terminated with exit code 3'
row "get, of a server without tables" 0 'k get pods' '^NAME +AGE$' '^box +[0-9]+s$'
by_curl
row "a watch that knows nothing of initial events" 28 'c -N -m 1 "$URL/api/v1/pods?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"' '"name":"box"' '!BOOKMARK'
! newer 24 || row "a token, which this release gives no one" 1 'k create token default' 'err:the server could not find the requested resource$'

# A kubectl of its time reads the document of 1.7 to 1.9; today's asks for another.
newer 24 || {
    serve --strict --profile 1.8.0 --bare
    row "explain knows the fields of 1.8" 0 'k explain pod.spec' '^ *hostAliases' '^ *priorityClassName' '!dnsConfig' '!topologySpreadConstraints'
    row "and none of later" 1 'k explain pod.spec.dnsConfig' 'err:field "dnsConfig" does not exist'
}

serve --quirk no-websocket-v5=on
k run box --image=busybox --restart=Never -- sleep 10000 >/dev/null
k wait --for=condition=Ready pod/box --timeout=15s >/dev/null
row "a server of today's groups without WebSocket v5" 0 'k exec box -v=6 -- echo hi' '^hi$' 'POST .*/pods/box/exec\?.* 101 Switching Protocols' '!GET .*/exec\?.* 101 '
row "it has those groups" 0 'k api-versions' '^apps/v1$'
done_testing
