# Turns the *.types files of this folder into one C file of constant tables (README.md has the
# format). Run by the build: awk -f schema.awk FILES... > schema_data.c
BEGIN {
    n = split("string bytes bool int32 int64 double time microtime duration quantity intorstring raw rawjson strings", names, " ")
    for (i = 1; i <= n; i++) form[names[i]] = toupper(names[i])
    print "/* Made by schema.awk from the *.types files; do not edit. */"
    print "#include \"mocks/apiserver/feature.h\"\n#include \"mocks/apiserver/schema.h\"\n"
}
function fail(what) {
    printf "%s:%d: %s: %s\n", FILENAME, FNR, what, $0 > "/dev/stderr"
    failed = 1
    exit 1
}
/^#/ || NF == 0 { next }
/^package / {
    package = $2
    if ($3 == "same") {
        split(package, part, ".")
        aliases = aliases sprintf("    {\"%s\", \"%s.%s\"},\n", package, part[1], $4)
    } else if (NF != 2) fail("expected: package GROUP.VERSION [same VERSION]")
    next
}
/^type / {
    types++
    id[types] = identifier(package "." $2)
    package_of[types] = package
    name_of[types] = $2
    kind_of[types] = $3 == "kind" ? "true" : "false"
    since_of[types] = $NF ~ /^since=/ ? since(substr($NF, 7)) : 0
    next
}
/^ / && NF >= 3 && types {
    flags = ""; key = ""; came = 0
    for (i = 4; i <= NF; i++) {
        if ($i == "merge" || $i ~ /^merge=/) { flags = flags "|SCHEMA_MERGE"; key = substr($i, 7) }
        else if ($i == "inline") flags = flags "|SCHEMA_INLINE"
        else if ($i == "optional") flags = flags "|SCHEMA_OPTIONAL"
        else if ($i == "required") flags = flags "|SCHEMA_REQUIRED"
        else if ($i == "retainKeys") flags = flags "|SCHEMA_RETAIN_KEYS"
        else if ($i ~ /^since=/) came = since(substr($i, 7))
        else fail("unknown flag " $i)
    }
    type = $3; shape = "SCHEMA_ONE"
    if (type ~ /^\[\]/) { shape = "SCHEMA_LIST"; type = substr(type, 3) }
    else if (type ~ /^\{\}/) { shape = "SCHEMA_MAP"; type = substr(type, 3) }
    if (type in form) { ref = "NULL"; f = "SCHEMA_" form[type] }
    else { ref = "&" identifier(type ~ /\./ ? type : package "." type); f = "SCHEMA_MESSAGE" }
    body[types] = body[types] sprintf("    {\"%s\", \"%s\", %s, %s, %s, %s, %s, %s},\n", $1, key, ref, $2, f, shape, flags == "" ? 0 : substr(flags, 2), came)
    fields[types]++
    next
}
{ fail("expected a field: NAME TAG TYPE [FLAG...]") }
function since(release) {
    if (release == "later") return "FEATURE_FIELDS_LATER"
    if (release !~ /^1\.[789]$/) fail("expected since=1.7, 1.8, 1.9 or later")
    return "FEATURE_FIELDS_1_" substr(release, 3)
}
function identifier(name) { gsub(/\./, "_", name); return name }
END {
    if (failed) exit 1
    for (i = 1; i <= types; i++) print "static const struct schema_type " id[i] ";"
    for (i = 1; i <= types; i++) {
        if (fields[i]) printf "static const struct schema_field %s_fields[] = {\n%s};\n", id[i], body[i]
        printf "static const struct schema_type %s = {\"%s\", \"%s\", %s, %d, %s, %s};\n", id[i], package_of[i], name_of[i], fields[i] ? id[i] "_fields" : "NULL", fields[i], kind_of[i], since_of[i]
    }
    print "const struct schema_type *const schema_all_types[] = {"
    for (i = 1; i <= types; i++) print "    &" id[i] ","
    printf "    NULL};\nconst size_t schema_all_count = %d;\n", types
    printf "const struct schema_alias schema_all_aliases[] = {\n%s    {NULL, NULL}};\n", aliases
}
