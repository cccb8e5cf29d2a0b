#!/bin/sh
# What the server says of itself: versions, resources, explain, cluster-info, health.
. "$(dirname "$0")/lib.sh"
serve
row "version" 0 'k version' 'Server Version: .*v1\.6\.2'
row "version as JSON" 0 'k version -o json | jq -r ".serverVersion.gitVersion, .serverVersion.platform"' '=v1.6.2
linux/amd64'
row "cluster-info" 0 'k cluster-info' 'is running at .*https://127\.0\.0\.1:[0-9]+'
row "cluster-info dump" 0 'k cluster-info dump' '"kind": "NodeList"' '"kind": "EventList"' '"name": "node-1"'
row "API versions" 0 'k api-versions' '^v1$' '^apps/v1$' '^extensions/v1beta1$' '^batch/v1$' '^rbac\.authorization\.k8s\.io/v1$'
row "API resources" 0 'k api-resources' '^NAME +SHORTNAMES +API(VERSION|GROUP) +NAMESPACED +KIND$' '^pods +po .*true +Pod$' '^nodes +no .*false +Node$' \
    '^deployments +deploy .*apps.* true +Deployment$' '^replicasets +rs +extensions.* true +ReplicaSet$'
row "API resources, names" 0 'k api-resources -o name' '^configmaps$' '^clusterroles\.rbac\.authorization\.k8s\.io$'
row "API resources, wide" 0 'k api-resources -o wide' 'VERBS' '^configmaps .*create.*delete.*deletecollection.*get.*list.*patch.*update.*watch'
row "API resources of one group" 0 'k api-resources --api-group=batch' '^jobs .*true +Job$' '!^pods'
row "API resources without a namespace" 0 'k api-resources --namespaced=false -o name' '^nodes$' '^namespaces$' '!^pods$'
row "API resources by verb" 0 'k api-resources --verbs=create -o name' '^tokenreviews' '!^componentstatuses$'

row "explain a kind" 0 'k explain pod' '^KIND: +Pod$' '^VERSION: +v1$' '^ +spec	' '^ +status	'
row "explain a field" 0 'k explain pod.spec.containers' 'containers' '^ +image	+<string>' '^ +livenessProbe	'
row "explain a scalar" 0 'k explain svc.spec.clusterIP' 'clusterIP'
row "explain, all of it" 0 'k explain deployment.spec --recursive' '^ +strategy	' '^ +rollingUpdate	' '^ +maxSurge	'
row "explain with a version" 0 'k explain deployment --api-version=apps/v1' '^VERSION: +(apps/)?v1$'
row "explain no such field" 1 'k explain pod.spec.nothing' 'err:field "nothing" does not exist'
row "explain no such kind" 1 'k explain nothings' "err:the server doesn't have a resource type \"nothings\""

row "the root" 0 'k get --raw / | jq -r ".paths[]"' '^/api/v1$' '^/healthz$' '^/apis/apps/v1$'
row "the groups" 0 'k get --raw /apis | jq -r ".kind, .groups[].name"' '^APIGroupList$' '^extensions$' '^batch$'
row "the core's versions" 0 'k get --raw /api | jq -r ".versions[]"' '=v1'
row "one group's versions" 0 'k get --raw /apis/apps | jq -r .preferredVersion.groupVersion' '^apps/v1(beta[12])?$'
row "the core's resources" 0 'k get --raw /api/v1 | jq -r ".resources[].name"' '^pods/exec$' '^services/proxy$' '^nodes/status$'
row "health" 0 'k get --raw /healthz' '=ok'
row "health in detail" 0 'k get --raw "/healthz?verbose"' '^\[\+\]etcd ok$' 'healthz check passed'
row "metrics" 0 'k get --raw /metrics' '^# TYPE '
row "OpenAPI" 0 'k get --raw /openapi/v2 | jq -r .swagger' '=2.0'
row "a second look comes from the cache" 0 'k api-resources --cached -o name' '^pods$'
done_testing
