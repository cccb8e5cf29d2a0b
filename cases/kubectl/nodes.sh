#!/bin/sh
# Nodes: cordon, drain, taint; and jobs, cron jobs and quotas, whose controllers work.
. "$(dirname "$0")/lib.sh"
serve
k create deployment web --image=nginx --replicas=2 >/dev/null
k rollout status deploy/web --timeout=15s >/dev/null

row "cordon" 0 'k cordon node-1' '=node/node-1 cordoned'
row "cordon again" 0 'k cordon node-1' 'node/node-1 already cordoned'
row "cordon, seen" 0 'k get nodes' '^node-1 +Ready,SchedulingDisabled '
k run new --image=nginx >/dev/null
comes "nothing new is placed there" 'k get pod new' '^new +0/1 +Pending '
row "uncordon" 0 'k uncordon node-1' '=node/node-1 uncordoned'
comes "now it is" 'k get pod new' '^new +1/1 +Running '
row "drain refuses what nobody brings back" 1 'k drain node-1' 'err:cannot delete .*(Pods|pods).*default/new'
row "it has cordoned" 0 'k get node node-1 -o jsonpath={.spec.unschedulable}' '=true'
row "drain by force" 0 'k drain node-1 --force --ignore-daemonsets --timeout=20s' 'evicting pod default/new' 'node/node-1 (drained|evicted)'
comes "the pods of the deployment wait" 'k get pods -l app=web --no-headers' 'Pending' '!Running'
row "uncordon after drain" 0 'k uncordon node-1' 'uncordoned'
row "and are back" 0 'k rollout status deploy/web --timeout=15s' 'successfully rolled out'
row "taint" 0 'k taint nodes node-1 dedicated=db:NoSchedule' '=node/node-1 tainted'
row "taint, seen" 0 'k get node node-1 -o jsonpath={.spec.taints[0].key}={.spec.taints[0].value}:{.spec.taints[0].effect}' '=dedicated=db:NoSchedule'
row "taint again" 1 'k taint nodes node-1 dedicated=db:NoSchedule' 'err:already has dedicated taint\(s\) with same effect\(s\) and --overwrite is false'
k run kept-off --image=nginx >/dev/null
comes "a taint keeps pods off" 'k get pod kept-off' '^kept-off +0/1 +Pending '
row "untaint" 0 'k taint nodes node-1 dedicated-' '=node/node-1 untainted'
comes "then it runs" 'k get pod kept-off' '^kept-off +1/1 +Running '

row "a job" 0 'k create job three --image=busybox -- sh -c "echo done" && k wait --for=condition=Complete job/three --timeout=15s' 'job\.batch/three condition met'
row "a job's columns" 0 'k get jobs' '^NAME +(STATUS +)?COMPLETIONS +DURATION +AGE$' '^three +(Complete +)?1/1 '
row "a job's log" 0 'k logs job/three' '=done'
row "a job, described" 0 'k describe job three' '^Pods Statuses: +0 (Running|Active.*) / 1 Succeeded / 0 Failed' 'SuccessfulCreate'
cronjob=cronjob # kubectl 1.20 knows them in batch/v1beta1 only
newer 21 || cronjob=cronjobs.v1beta1.batch
row "a cron job" 0 'k create cronjob tick --image=busybox --schedule="* * * * *" -- true' '=cronjob.batch/tick created'
row "a cron job, suspended" 0 'k patch cronjob tick -p "{\"spec\":{\"suspend\":true}}" && k get cj tick' 'patched' '^tick +\* \* \* \* \* .*True '
row "a job from it" 0 'k create job by-hand --from=$cronjob/tick' '=job.batch/by-hand created'
row "deleted, with its jobs" 0 'k delete cronjob tick' 'cronjob\.batch "tick" deleted'
comes "no jobs of it" 'k get jobs --no-headers' '!tick-'
row "describe a node" 0 'k describe node node-1' '^Roles: +<none>$' '^Taints: +<none>$' '^Unschedulable: +false$' '^ +default +kept-off '
row "a volume claim" 0 'printf "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n" | k create -f -' 'persistentvolumeclaim/disk created'
comes "is bound" 'k get pvc disk' '^NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS' '^disk +Bound +[a-z0-9-]+ +1Gi +RWO '
row "the volume" 0 'k get pv' '^NAME +CAPACITY +ACCESS MODES +RECLAIM POLICY +STATUS +CLAIM ' 'Bound +default/disk '
done_testing
