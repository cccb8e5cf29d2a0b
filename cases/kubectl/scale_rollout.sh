#!/bin/sh
# Workloads in motion: scale, autoscale, expose, rollout.
. "$(dirname "$0")/lib.sh"
serve
k create deployment web --image=nginx:1.12 >/dev/null

row "rollout status waits" 0 'k rollout status deploy/web --timeout=15s' 'deployment "web" successfully rolled out'
row "scale" 0 'k scale deployment web --replicas=3' '^deployment\.(apps|extensions)/web scaled$'
comes "scaled" 'k get deploy web -o jsonpath={.status.readyReplicas}' '=3'
row "three pods" 0 'k get pods -l app=web --no-headers | wc -l' '^ *3$'
row "scale with the right precondition" 0 'k scale deploy web --current-replicas=3 --replicas=2' 'deployment\.(apps|extensions)/web scaled'
row "scale with the wrong precondition" 1 'k scale deploy web --current-replicas=7 --replicas=1' 'err:Expected replicas to be 7, was 2'
row "scale what is not there" 1 'k scale deploy nothing --replicas=1' 'err:deployments\.(apps|extensions) "nothing" not found'
row "scale what has no scale" 1 'k create cm kube --from-literal=a=b >/dev/null; k scale cm kube --replicas=1' 'err:\(NotFound\): the server could not find the requested resource$'
row "scale through the older group" 0 'k scale deployments.v1beta1.extensions web --replicas=2' 'deployment.*/web scaled'
row "scale a replica set" 0 'k scale rs -l app=web --replicas=2' 'replicaset\.[a-z]+/web-[a-z0-9]+ scaled'
row "the scale itself" 0 'k get --raw /apis/apps/v1/namespaces/default/deployments/web/scale | jq -c "[.kind, .apiVersion, .spec.replicas, .status.selector]"' \
    '=["Scale","autoscaling/v1",2,"app=web"]'
row "autoscale" 0 'k autoscale deployment web --min=1 --max=4 --cpu-percent=80' '=horizontalpodautoscaler.autoscaling/web autoscaled'
row "autoscaler, seen" 0 'k get hpa web' '^NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE$' '^web +Deployment/web +<unknown>/80% +1 +4 '
row "autoscaler, described" 0 'k describe hpa web' '^Min replicas: +1$' '^Max replicas: +4$'
row "autoscale again" 1 'k autoscale deployment web --max=4' 'err:\(AlreadyExists\): horizontalpodautoscalers\.autoscaling "web" already exists'
row "delete the autoscaler" 0 'k delete hpa web' 'horizontalpodautoscaler\.autoscaling "web" deleted'

row "expose" 0 'k expose deployment web --port=80 --target-port=8080' '=service/web exposed'
row "exposed, seen" 0 'k get svc web -o json | jq -c "[.spec.selector.app, .spec.ports[0].port, .spec.ports[0].targetPort, .spec.type]"' '=["web",80,8080,"ClusterIP"]'
comes "endpoints behind it" 'k get ep web' '^web +10\.1\.[0-9.]+:8080,10\.1\.[0-9.]+:8080 '
row "expose as a node port" 0 'k expose deployment web --name=outer --type=NodePort --port=80 && k get svc outer' '80:3[0-9]{4}/TCP'
row "expose again" 1 'k expose deployment web --port=80' 'err:\(AlreadyExists\): services "web" already exists'
row "expose a pod" 0 'k run one --image=nginx --port=80 >/dev/null; k expose pod one' 'service/one exposed'

row "a new image" 0 'k set image deploy/web nginx=nginx:1.13' 'image updated'
row "its rollout" 0 'k rollout status deploy/web --timeout=15s' 'successfully rolled out'
row "two revisions" 0 'k rollout history deploy/web' '^deployment\.[a-z]+/web' '^REVISION +CHANGE-CAUSE$' '^1 +<none>$' '^2 +<none>$'
row "one revision" 0 'k rollout history deploy/web --revision=2' 'with revision #2' 'Image:.*nginx:1\.13$'
comes "two replica sets, one empty" 'k get rs -l app=web --no-headers' ' +0 +0 +0 ' ' +2 +2 +2 '
row "undo" 0 'k rollout undo deploy/web' 'deployment\.[a-z]+/web rolled back'
row "undone" 0 'k rollout status deploy/web --timeout=15s >/dev/null; k get deploy web -o "jsonpath={.spec.template.spec.containers[0].image}"' '=nginx:1.12'
row "restart" 0 'k rollout restart deploy/web' 'deployment\.[a-z]+/web restarted'
row "restart, seen" 0 'k get deploy web -o "jsonpath={.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}"' '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T'
row "pause" 0 'k rollout pause deploy/web' 'deployment\.[a-z]+/web paused'
row "pause again" 1 'k rollout pause deploy/web' 'err:is already paused'
row "resume" 0 'k rollout resume deploy/web' 'deployment\.[a-z]+/web resumed'
row "describe a deployment" 0 'k describe deployments.v1.apps web' '^Replicas: +2 desired' '^StrategyType: +RollingUpdate$' '^ +Normal +ScalingReplicaSet .*Scaled up replica set web-'
row "a deployment that cannot start" 1 'k create deployment bad --image=nginx:no-such >/dev/null; k patch deploy bad -p "{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{\"a\":\"b\"}}}}}" >/dev/null; k rollout status deploy/bad --timeout=1s' 'Waiting for deployment "bad" rollout to finish' 'err:timed out'

cat >sets.yaml <<'END'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: nginx}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  updateStrategy: {type: RollingUpdate}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: nginx}]}}
---
apiVersion: extensions/v1beta1
kind: ReplicaSet
metadata: {name: old}
spec:
  replicas: 1
  selector: {matchLabels: {app: old}}
  template: {metadata: {labels: {app: old}}, spec: {containers: [{name: old, image: nginx}]}}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: elder}
spec:
  replicas: 1
  selector: {app: elder}
  template: {metadata: {labels: {app: elder}}, spec: {containers: [{name: elder, image: nginx}]}}
END
row "the other workloads" 0 'k create -f sets.yaml' 'statefulset\.apps/db created' 'daemonset\.apps/agent created' 'replicaset\.extensions/old created' 'replicationcontroller/elder created'
comes "stateful set" 'k get sts db' '^NAME +READY +AGE$' '^db +2/2 '
row "its pods have numbers" 0 'k get pods -l app=db -o name' '=pod/db-0
pod/db-1'
row "stateful set, scaled" 0 'k scale sts db --replicas=1' 'statefulset\.apps/db scaled'
comes "the last pod goes" 'k get pods -l app=db -o name' '=pod/db-0'
comes "daemon set" 'k get ds agent' '^NAME +DESIRED +CURRENT +READY +UP-TO-DATE +AVAILABLE +NODE SELECTOR +AGE$' '^agent +1 +1 +1 +1 +1 +<none> '
row "daemon set, rolled out" 0 'k rollout status daemonsets.v1.apps/agent --timeout=10s' 'daemon set "agent" successfully rolled out'
comes "replica set" 'k get rs old' '^NAME +DESIRED +CURRENT +READY +AGE$' '^old +1 +1 +1 '
row "replication controller, scaled" 0 'k scale rc elder --replicas=2' 'replicationcontroller/elder scaled'
comes "replication controller" 'k get rc elder' '^elder +2 +2 +2 '
done_testing
