#!/bin/sh
# Custom resources, from their definition to their end.
. "$(dirname "$0")/lib.sh"
serve --profile 1.9.0
cat >crd.yaml <<'END'
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: backups.example.org}
spec:
  group: example.org
  version: v1
  scope: Namespaced
  names: {plural: backups, singular: backup, kind: Backup, shortNames: [bu]}
  subresources:
    status: {}
    scale: {specReplicasPath: .spec.copies, statusReplicasPath: .status.copies}
  validation:
    openAPIV3Schema:
      type: object
      properties:
        spec:
          type: object
          required: [schedule]
          properties:
            schedule: {type: string, pattern: '^[0-9]+[hd]$', description: How often}
            copies: {type: integer, minimum: 1}
  additionalPrinterColumns:
  - {name: Schedule, type: string, JSONPath: .spec.schedule}
  - {name: Copies, type: integer, JSONPath: .spec.copies}
  - {name: Age, type: date, JSONPath: .metadata.creationTimestamp}
END
cat >backup.yaml <<'END'
apiVersion: example.org/v1
kind: Backup
metadata: {name: nightly, labels: {kind: full}}
spec: {schedule: 1d, copies: 3}
END
row "before the definition" 1 'k create -f backup.yaml' 'err:no matches for kind "Backup" in version "example\.org/v1"'
row "the definition" 0 'k create -f crd.yaml' 'customresourcedefinition\.apiextensions\.k8s\.io/backups\.example\.org created'
row "established" 0 'k wait --for=condition=Established crd/backups.example.org --timeout=5s' 'condition met'
row "it is discovered" 0 'rm -rf .kube; k api-resources --api-group=example.org' '^backups +bu +example\.org.* true +Backup$'
row "create" 0 'k create -f backup.yaml' '=backup.example.org/nightly created'
row "its columns" 0 'k get backups' '^NAME +SCHEDULE +COPIES +AGE$' '^nightly +1d +3 +[0-9]+s$'
row "by its short name" 0 'k get bu nightly -o jsonpath={.spec.schedule}' '=1d'
row "by singular and group" 0 'k get backup.example.org/nightly -o name' '=backup.example.org/nightly'
row "by label" 0 'k get bu -l kind=full -o name' '=backup.example.org/nightly'
row "what its schema does not allow" 1 'sed "s/1d/often/; s/nightly/x/" backup.yaml | k create -f -' 'err:The Backup "x" is invalid' 'spec\.schedule'
row "what its schema misses" 1 'sed "s/schedule: 1d, //; s/nightly/x/" backup.yaml | k create --validate=false -f -' 'err:spec\.schedule.*(Required value|is required|required)'
row "apply" 0 'k apply -f backup.yaml' 'backup\.example\.org/nightly configured'
row "apply again" 0 'k apply -f backup.yaml' '=backup.example.org/nightly unchanged'
row "apply a change" 0 'sed "s/copies: 3/copies: 4/" backup.yaml | k apply -f - && k get bu nightly -o jsonpath={.spec.copies}' 'configured' '^4$'
row "merge patch" 0 'k patch bu nightly --type merge -p "{\"spec\":{\"copies\":5}}"' 'backup\.example\.org/nightly patched'
row "strategic merge patch, which they have not" 1 'k patch bu nightly -p "{\"spec\":{\"copies\":6}}"' 'err:application/strategic-merge-patch\+json is not supported|UnsupportedMediaType|unsupported media type'
row "JSON patch" 0 'k patch bu nightly --type json -p "[{\"op\":\"replace\",\"path\":\"/spec/copies\",\"value\":7}]" && k get bu nightly -o jsonpath={.spec.copies}' '^7$'
row "scale" 0 'k scale bu nightly --replicas=2 && k get bu nightly -o jsonpath={.spec.copies}' 'backup\.example\.org/nightly scaled' '^2$'
row "label" 0 'k label bu nightly more=yes' 'nightly labeled'
row "edit" 0 'printf "#!/bin/sh\nsed -i \"s/copies: 2/copies: 9/\" \"\$1\"\n" >e; chmod +x e; KUBE_EDITOR=$PWD/e k edit bu nightly && k get bu nightly -o jsonpath={.spec.copies}' 'nightly edited' '^9$'
row "describe" 0 'k describe bu nightly' '^Name: +nightly$' '^Kind: +Backup$' 'Schedule: +1d'
timeout 60 "$KUBECTL" get bu --watch >bu.watch 2>&1 &
helpers="$helpers $!"
comes "watch" 'cat bu.watch' '^nightly +1d +9 '
row "delete" 0 'k delete bu nightly' 'backup\.example\.org "nightly" deleted'
row "delete the definition and all of it" 0 'k create -f backup.yaml >/dev/null; k delete crd backups.example.org' 'customresourcedefinition\.apiextensions\.k8s\.io "backups\.example\.org" deleted'
comes "it is not served any more" 'k get --raw /apis | jq -r ".groups[].name"' '^apps$' '!^example\.org$'

cat >tabs.yaml <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tabs.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: tabs, singular: tab, kind: Tab}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: What it is
            properties:
              size: {type: integer, default: 3, description: How large}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
END
row "a definition of today" 0 'k apply -f tabs.yaml' '=customresourcedefinition.apiextensions.k8s.io/tabs.example.org created'
row "again" 0 'k apply -f tabs.yaml' '=customresourcedefinition.apiextensions.k8s.io/tabs.example.org unchanged'
row "in the older version" 0 'k get --raw /apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions/tabs.example.org | jq -c "[.spec.version, .spec.versions[0].additionalPrinterColumns[0].JSONPath]"' '=["v1",".spec.size"]'
row "in today's" 0 'k get --raw /apis/apiextensions.k8s.io/v1/customresourcedefinitions/tabs.example.org | jq -c "[.spec.version, .spec.versions[0].additionalPrinterColumns[0].jsonPath]"' '=[null,".spec.size"]'
tab='{"apiVersion":"example.org/v1","kind":"Tab","metadata":{"name":"t"},"spec":{"odd":1,"free":{"x":1}}}'
rm -rf .kube
row "a field that it does not have" 1 'echo "$tab" | k create -f -' 'err:unknown field "odd"'
row "unknown fields go, defaults come" 0 'echo "$tab" | k create --validate=false -f - >/dev/null; k get tab t -o json | jq -S -c .spec' '={"free":{"x":1},"size":3}'
row "its column" 0 'k get tabs' '^NAME +SIZE' '^t +3'
row "explain" 0 'k explain tab.spec' '^KIND: +Tab$' 'What it is' 'size\s+<integer>' 'How large'
row "explain one field" 0 'k explain tabs.spec.size' 'How large'
done_testing
