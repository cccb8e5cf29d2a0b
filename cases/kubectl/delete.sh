#!/bin/sh
# Deleting in all forms.
. "$(dirname "$0")/lib.sh"
serve
for i in 1 2 3 4 5 6 7 8 9; do
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m%s, labels: {odd: "%s"}}\n' "$i" $((i % 2))
done >maps.yaml
k create -f maps.yaml >/dev/null

row "by name" 0 'k delete configmap m1' '^configmap "m1" deleted'
row "by name again" 1 'k delete configmap m1' 'err:^Error from server \(NotFound\): configmaps "m1" not found$'
row "what is not there, ignored" 0 'k delete configmap m1 --ignore-not-found' '='
row "two names" 0 'k delete cm m2 m3' '^configmap "m2" deleted' '^configmap "m3" deleted'
row "kind/name" 0 'k delete cm/m4' '^configmap "m4" deleted'
row "a dry run by the client" 0 'k delete cm m5 --dry-run=client' 'configmap "m5" deleted.*\(dry run\)'
row "a dry run by the server" 0 'k delete cm m5 --dry-run=server' 'configmap "m5" deleted.*\(server dry run\)'
row "the dry runs left it" 0 'k get cm m5 -o name' '=configmap/m5'
row "the name as output" 0 'k delete cm m5 -o name' '=configmap/m5'
row "by label" 0 'k delete cm -l odd=1' '^configmap "m7" deleted' '^configmap "m9" deleted' '!m8'
row "by field" 0 'k delete cm --field-selector metadata.name=m8' '^configmap "m8" deleted'
row "by file, of which some are gone" 1 'k delete -f maps.yaml' 'configmap "m6" deleted' 'err:configmaps "m9" not found'
k create -f maps.yaml >/dev/null
row "by file" 0 'k delete -f maps.yaml' '^configmap "m1" deleted' '^configmap "m9" deleted'
k create -f maps.yaml >/dev/null
row "by standard input" 0 'head -n 4 maps.yaml | k delete -f -' 'configmap "m1" deleted'
row "all" 0 'k delete cm --all' '^configmap "m2" deleted' '^configmap "m9" deleted'
row "all, when there are none" 0 'k delete cm --all' 'No resources found'
row "without a name" 1 'k delete cm' 'err:resource\(s\) were provided, but no name( was|, label selector, or --all flag)'
row "an unknown kind" 1 'k delete nothings x' "err:the server doesn't have a resource type \"nothings\""

k create deployment web --image=nginx --replicas=2 >/dev/null
k rollout status deploy/web --timeout=15s >/dev/null
row "in the background, the default" 0 'k delete deploy web' 'deployment\.[a-z]+ "web" deleted'
comes "its replica sets go" 'k get rs -l app=web' 'No resources found'
comes "its pods go" 'k get pods -l app=web' 'No resources found'

k create deployment web --image=nginx --replicas=1 >/dev/null
k rollout status deploy/web --timeout=15s >/dev/null
row "with --cascade=false, orphans are kept" 0 'k delete deploy web --cascade=false' 'deployment\.[a-z]+ "web" deleted'
row "the orphan" 0 'k get rs -l app=web --no-headers | wc -l' '^ *1$'
row "nobody owns it" 0 'k get rs -l app=web -o "jsonpath={.items[0].metadata.ownerReferences}"' '='
row "orphans by the word of today" 0 'if newer 20; then k delete rs -l app=web --cascade=orphan; else k delete rs -l app=web --cascade=false; fi' 'replicaset\.[a-z]+ "web-[a-z0-9]+" deleted'
row "their pods are kept" 0 'k get pods -l app=web --no-headers | wc -l' '^ *1$'
row "a pod, waited for" 0 'k delete pods -l app=web && k get pods -l app=web' 'pod "web-.*" deleted' 'No resources found'

k create deployment fore --image=nginx --replicas=2 >/dev/null
k rollout status deploy/fore --timeout=15s >/dev/null
row "in the foreground" 0 'k delete deploy fore --cascade=foreground && k get rs,pods -l app=fore' 'deployment\.[a-z]+ "fore" deleted' 'No resources found'

k run slow --image=busybox -- sleep 100000 >/dev/null && k wait --for=condition=Ready pod/slow --timeout=10s >/dev/null
row "a pod without waiting" 0 'k delete pod slow --wait=false && k get pod slow' 'pod "slow" deleted' 'Terminating|Running'
row "a pod at once, by force" 0 'k delete pod slow --grace-period=0 --force && k get pods' 'err:Immediate deletion does not wait for confirmation' 'pod "slow" force deleted' 'No resources found'
k run now --image=nginx >/dev/null
row "a pod at once" 0 'k delete pod now --now' 'pod "now" deleted'

k create cm held --from-literal=a=b >/dev/null
k patch cm held --type merge -p '{"metadata":{"finalizers":["example.org/hold"]}}' >/dev/null
row "what a finalizer holds, waited for too long" 1 'k delete cm held --timeout=1s' 'configmap "held" deleted' 'err:timed out waiting for the condition on configmaps/held'
row "it has its time of deletion" 0 'k get cm held -o jsonpath={.metadata.deletionTimestamp}' '^20[0-9]{2}-'
row "it goes with the finalizer" 0 'k patch cm held --type merge -p "{\"metadata\":{\"finalizers\":null}}" >/dev/null; k get cm held --ignore-not-found' '='

k create ns gone >/dev/null
k create cm inside -n gone --from-literal=a=b >/dev/null
row "a namespace and what is in it" 0 'k delete ns gone && k get ns gone --ignore-not-found' 'namespace "gone" deleted'
row "its objects are gone" 0 'k get cm -A --field-selector metadata.name=inside' 'No resources found'
row "the default namespace" 1 'k delete ns default' 'err:^Error from server \(Forbidden\): namespaces "default" is forbidden: this namespace may not be deleted$'
row "by a raw path" 0 'k create cm raw --from-literal=a=b >/dev/null; k delete --raw /api/v1/namespaces/default/configmaps/raw' '"status": ?"Success"'
row "all kinds" 0 'k create svc clusterip s --tcp=80 >/dev/null; k delete svc s && k delete all -l none=such' 'service "s" deleted' 'No resources found'
done_testing
