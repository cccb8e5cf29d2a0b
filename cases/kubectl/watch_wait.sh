#!/bin/sh
# Waiting for things: get --watch, wait, events as they come.
. "$(dirname "$0")/lib.sh"
serve
k create cm first --from-literal=a=1 >/dev/null

watch_for() { # FILE ARGUMENT...: get in the background
    file=$1
    shift
    timeout 60 "$KUBECTL" get "$@" >"$file" 2>&1 &
    watcher=$!
    helpers="$helpers $watcher"
}
watch_for cm.watch cm --watch
comes "a watch begins with what is there" 'cat cm.watch' '^NAME +DATA +AGE$' '^first +1 '
k create cm second --from-literal=a=1 --from-literal=b=2 >/dev/null
comes "a watch shows what is new" 'cat cm.watch' '^second +2 '
k patch cm first --type merge -p '{"data":{"b":"2","c":"3"}}' >/dev/null
comes "a watch shows what changes" 'cat cm.watch' '^first +3 '
row "a watch has one header" 0 'grep -c NAME cm.watch' '=1'
kill "$watcher"

watch_for only.watch cm --watch-only -o name
comes "only what changes" 'k create cm "third-$tries" --from-literal=a=1 >/dev/null; cat only.watch' '^configmap/third-[0-9]+$' '!first'
kill "$watcher"

watch_for events.watch cm --watch --output-watch-events --no-headers -l watched=yes
k create cm fourth --from-literal=a=1 >/dev/null
k label cm fourth watched=yes >/dev/null
comes "what begins to match is added" 'cat events.watch' '^ADDED +fourth +1 '
k annotate cm fourth x=y >/dev/null
comes "what changes is modified" 'cat events.watch' '^MODIFIED +fourth '
k label cm fourth watched- >/dev/null
comes "what ceases to match is deleted" 'cat events.watch' '^DELETED +fourth '
kill "$watcher"

watch_for json.watch cm first --watch -o json
comes "one object, as JSON" 'jq -r .metadata.name json.watch' '^first$'
kill "$watcher"
watch_for path.watch cm first --watch -o 'jsonpath={.data.b}{"\n"}'
comes "one object, a path" 'cat path.watch' '^2$'
k patch cm first --type merge -p '{"data":{"b":"changed"}}' >/dev/null
comes "one object, a path, changed" 'cat path.watch' '^changed$'
kill "$watcher"

k run decoy --image=nginx >/dev/null
watch_for pods.watch pods --watch
comes "pods that are there" 'cat pods.watch' '^decoy '
k run web --image=nginx >/dev/null
comes "a pod's life" 'cat pods.watch' '^web +0/1 +(Pending|ContainerCreating) ' '^web +1/1 +Running '
k delete pod web >/dev/null
comes "a pod's end" 'cat pods.watch' '^web +[01]/1 +Terminating '
kill "$watcher"

row "wait for a condition that holds" 0 'k wait --for=condition=Ready node/node-1 --timeout=5s' '=node/node-1 condition met'
row "wait for a condition that does not come" 1 'k wait --for=condition=Ready=false node/node-1 --timeout=1s' 'err:timed out waiting for the condition on nodes/node-1'
k create deployment web --image=nginx >/dev/null
row "wait for a deployment" 0 'k wait --for=condition=Available deploy/web --timeout=15s' 'deployment\.[a-z]+/web condition met'
row "wait for all" 0 'k wait --for=condition=Ready pods --all --timeout=15s' '^pod/web-[a-z0-9-]+ condition met'
row "wait by label" 0 'k wait --for=condition=Ready pods -l app=web --timeout=15s' '^pod/web-.* condition met'
row "wait for what is not there" 1 'k wait --for=condition=Ready pod/nothing --timeout=1s' 'err:\(NotFound\): pods "nothing" not found'
k create job once --image=busybox -- true >/dev/null
row "wait for a job" 0 'k wait --for=condition=Complete job/once --timeout=15s' 'job\.batch/once condition met'
! newer 23 || row "wait for a value" 0 'k wait --for=jsonpath={.status.phase}=Active ns/default --timeout=5s' 'namespace/default condition met'
(sleep 3; exec "$KUBECTL" delete deploy web) >/dev/null 2>&1 &
helpers="$helpers $!"
row "wait for the end" 0 'k wait --for=delete deploy/web --timeout=15s' 'deployment\.[a-z]+/web condition met'
row "wait for the end of what is not there" 0 '{ k wait --for=delete pod/nothing --timeout=5s 2>&1 || true; } | grep -v "no matching resources found"; k get pods nothing --ignore-not-found -o name && echo gone' '=gone'

row "events by reason" 0 'k get events --field-selector reason=Scheduled --no-headers' 'Normal +Scheduled +pod/web'
row "events, sorted" 0 'k get events --sort-by=.lastTimestamp' 'LAST SEEN' 'Started'
row "events, wide" 0 'k get events -o wide' 'SUBOBJECT +SOURCE +MESSAGE +FIRST SEEN +COUNT +NAME$' 'kubelet, node-1'
! newer 26 || row "the command for events" 0 'k events' 'LAST SEEN +TYPE +REASON +OBJECT +MESSAGE'
watch_for e.watch events --watch
comes "events that were" 'cat e.watch' 'Scheduled +pod/web-'
k run late --image=nginx >/dev/null
comes "events as they come" 'cat e.watch' 'Scheduled +pod/late '
done_testing
