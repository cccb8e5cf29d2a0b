#!/bin/sh
# Creating objects: by the typed commands (protobuf from today's kubectl), from files, and wrong ones.
. "$(dirname "$0")/lib.sh"
serve

row "namespace" 0 'k create namespace shop' '=namespace/shop created'
row "namespace again" 1 'k create ns shop' 'err:^Error from server \(AlreadyExists\): namespaces "shop" already exists$'
row "config map" 0 'k create configmap settings --from-literal=colour=blue --from-literal=size=9' '=configmap/settings created'
row "config map, seen" 0 'k get cm settings -o jsonpath={.data.colour}{.data.size}' '=blue9'
printf 'a file' >f.txt
row "config map from a file" 0 'k create cm filed --from-file=f.txt && k get cm filed -o "jsonpath={.data.f\.txt}"' 'a file$'
row "secret" 0 'k create secret generic pass --from-literal=word=hush' '=secret/pass created'
row "secret, encoded" 0 'k get secret pass -o jsonpath={.data.word},{.type}' '=aHVzaA==,Opaque'
row "docker secret" 0 'k create secret docker-registry hub --docker-username=u --docker-password=p && k get secret hub' \
    '^hub +kubernetes\.io/dockerconfigjson +1 '
row "cluster-IP service" 0 'k create service clusterip inner --tcp=5678:8080 && k get svc inner' \
    'out:^inner +ClusterIP +10\.[0-9.]+ +<none> +5678/TCP '
row "node-port service" 0 'k create service nodeport outer --tcp=80 --node-port=30999 && k get svc outer' '80:30999/TCP'
row "external name" 0 'k create service externalname far --external-name=example.org && k get svc far' \
    'ExternalName +<none> +example\.org +<none> '
row "headless service" 0 'k create service clusterip bare --clusterip=None && k get svc bare -o jsonpath={.spec.clusterIP}' 'None$'
row "deployment" 0 'k create deployment web --image=nginx --replicas=2' '=deployment.apps/web created'
comes "deployment, seen" 'k get deploy web' '^NAME +READY +UP-TO-DATE +AVAILABLE +AGE$' '^web +2/2 +2 +2 '
row "role" 0 'k create role reader --verb=get,list --resource=pods && k get role reader -o json | jq -c .rules[0].verbs' 'out:\["get","list"\]'
row "role binding" 0 'k create rolebinding readers --role=reader --user=ann --group=staff && k get rolebinding readers -o wide' \
    'Role/reader' 'ann +staff'
row "cluster role" 0 'k create clusterrole nodes --verb=get --resource=nodes' \
    'clusterrole\.rbac\.authorization\.k8s\.io/nodes created'
row "cluster role binding" 0 'k create clusterrolebinding nodes --clusterrole=nodes --serviceaccount=default:robot' \
    '=clusterrolebinding.rbac.authorization.k8s.io/nodes created'
row "service account" 0 'k create serviceaccount robot' '=serviceaccount/robot created'
comes "service account with a token" 'k get secrets' '^robot-token-[a-z0-9]{5} +kubernetes\.io/service-account-token +3 '
row "quota" 0 'k create quota limit --hard=pods=5,services=7 && k get quota limit -o json | jq -c .spec.hard' 'out:"pods":"5"'
row "job" 0 'k create job once --image=busybox -- true' '=job.batch/once created'
comes "job done" 'k get job once -o jsonpath={.status.succeeded}' '=1'
cronjob=cronjob # kubectl 1.20 knows them in batch/v1beta1 only
newer 21 || cronjob=cronjobs.v1beta1.batch
row "cron job" 0 'k create cronjob tick --image=busybox --schedule="*/5 * * * *" -- date' '=cronjob.batch/tick created'
row "cron job, seen" 0 'k get cj tick' 'SCHEDULE.*SUSPEND.*ACTIVE.*LAST SCHEDULE.*AGE' '^tick +\*/5 \* \* \* \* .*False +0 +<none> '
row "job from a cron job" 0 'k create job now --from=$cronjob/tick' '=job.batch/now created'
row "disruption budget" 0 'k create pdb two --selector=app=web --min-available=1 && k get pdb two' \
    'out:^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE$' '^two +1 +N/A '
row "ingress" 0 'k create ingress front --rule="a.example/x=svc:80" --default-backend=other:web' '=ingress.networking.k8s.io/front created'
row "ingress, in the older version" 0 'k get --raw /apis/extensions/v1beta1/namespaces/default/ingresses/front | jq -c "[.spec.backend.servicePort, .spec.rules[0].http.paths[0].backend]"' '=["web",{"serviceName":"svc","servicePort":80}]'
row "ingress, in today's" 0 'k get --raw /apis/networking.k8s.io/v1/namespaces/default/ingresses/front | jq -c "[.spec.defaultBackend.service.port, .spec.rules[0].http.paths[0].backend.service]"' \
    '=[{"name":"web"},{"name":"svc","port":{"number":80}}]'
row "ingress, its columns" 0 'k get ing front' '^NAME +(CLASS +)?HOSTS +ADDRESS +PORTS +AGE$' '^front +(<none> +)?a\.example +80 '
row "priority class" 0 'k create priorityclass high --value=1000 --description=first && k get pc high' '^priorityclass\.scheduling\.k8s\.io/high created$' '^high +1000 +false '
# The CPU comes last, where it is when it is read (kubernetes#74099): else it differs at each apply.
cat >hpa.yaml <<'END'
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 4
  metrics:
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
END
row "an autoscaler of today" 0 'k apply -f hpa.yaml' '=horizontalpodautoscaler.autoscaling/web created'
row "again, unchanged" 0 'k apply -f hpa.yaml' '=horizontalpodautoscaler.autoscaling/web unchanged'
row "it, in the older version" 0 'k get --raw /apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/web | jq -c "[.spec.targetCPUUtilizationPercentage, .spec.metrics]"' '=[70,null]'
! newer 23 || row "describe it" 0 'k describe hpa web' 'resource memory on pods: +<unknown> / 1Gi$' 'resource cpu on pods +\(as a percentage of request\): +<unknown> / 70%$'
csr() { printf '{"apiVersion":"certificates.k8s.io/v1beta1","kind":"CertificateSigningRequest","metadata":{"name":"me"},"spec":{"request":"%s","usages":["client auth"]}}' "$(base64 -w 0 "$1")"; }
printf a >none
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout me.pem -subj /CN=me -out me.csr 2>/dev/null
csr me.csr >csr.json
row "a request for a certificate that is none" 1 'csr none | k create -f -' 'err:"me" is invalid: spec.request: Invalid value: \[\]byte\{0x61\}: PEM block type must be CERTIFICATE REQUEST'
row "a request for a certificate" 0 'k create -f csr.json && k get csr me' 'certificatesigningrequest\.certificates\.k8s\.io/me created' '^NAME +AGE +REQUESTOR +CONDITION$' '^me +[0-9]+s +admin +Pending$'
row "approve it" 0 'k certificate approve me && k get csr me' 'certificatesigningrequest\.certificates\.k8s\.io/me approved' '^me .* Approved(,Issued)?$'
done_testing
