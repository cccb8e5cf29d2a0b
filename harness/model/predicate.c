#include "harness/model/predicate.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/condition.h"
#include "harness/model/value.h"

#include <string.h>

enum { LINE_MAX_BYTES = 240, DEPTH_MAX = 50 };

/* What a mapping under a path is. */
enum form { FORM_VALUE, FORM_CONDITIONS, FORM_MIXED };

void predicate_difference_release(struct predicate_difference *d) {
    free(d->expected);
    free(d->seen);
    *d = (struct predicate_difference){0};
}

static bool is_quantifier(const char *name) {
    return str_eq(name, "every") || str_eq(name, "some");
}

static bool is_combination(const char *name) {
    return str_eq(name, "all") || str_eq(name, "any") || str_eq(name, "not");
}

static enum form form_of(const json_t *want) {
    size_t conditions = 0;
    const char *key;
    json_t *value;
    if (!json_is_object(want) || json_object_size(want) == 0)
        return FORM_VALUE;
    json_object_foreach(json_mutable(want), key, value) conditions +=
        condition_find(key) || is_quantifier(key);
    if (conditions == 0)
        return FORM_VALUE;
    return conditions == json_object_size(want) ? FORM_CONDITIONS : FORM_MIXED;
}

static void differ(struct predicate_difference *ret, const char *path, const char *phrase,
                   const json_t *want, const json_t *have) {
    if (!ret)
        return;
    predicate_difference_release(ret);
    CLEANUP(str_freep) char *wanted = value_line(want, LINE_MAX_BYTES);
    CLEANUP(str_freep) char *had = value_line(have, LINE_MAX_BYTES);
    ret->expected = xasprintf("%s%s%s %s", path, *path ? " " : "", phrase, wanted);
    if (have)
        ret->seen = xasprintf("%s%s%s", path, *path ? " is " : "", had);
    else
        ret->seen = xasprintf("there is no %s", path);
}

static bool value_holds(const json_t *have, const json_t *want, const char *path, int depth,
                        struct predicate_difference *ret);
static bool element_holds(const json_t *element, const json_t *predicate, int depth,
                          struct predicate_difference *ret);

static bool quantifier_holds(const char *name, const json_t *have, const json_t *want,
                             const char *path, int depth, struct predicate_difference *ret) {
    bool every = str_eq(name, "every");
    size_t i, held = 0;
    json_t *element;
    json_array_foreach(have, i, element) held += element_holds(element, want, depth + 1, NULL);
    if (json_is_array(have) && held > 0 && (!every || held == json_array_size(have)))
        return true;
    if (ret) {
        struct buf text = BUF_INIT;
        predicate_describe(want, &text);
        differ(ret, path, every ? "each:" : "one:", want, have);
        free(ret->expected);
        ret->expected =
            xasprintf("%s of %s: %s", every ? "every element" : "an element", path, buf_str(&text));
        buf_release(&text);
    }
    return false;
}

/* Owned, or NULL for what has none. */
static json_t *length_of(const json_t *have) {
    if (json_is_array(have))
        return json_integer((json_int_t)json_array_size(have));
    if (json_is_object(have))
        return json_integer((json_int_t)json_object_size(have));
    return json_is_string(have) ? json_integer((json_int_t)json_string_length(have)) : NULL;
}

static bool conditions_hold(const json_t *have, const json_t *want, const char *path, int depth,
                            struct predicate_difference *ret) {
    const char *name;
    json_t *wanted;
    json_object_foreach(json_mutable(want), name, wanted) {
        if (is_quantifier(name)) {
            if (!quantifier_holds(name, have, wanted, path, depth, ret))
                return false;
            continue;
        }
        if (str_eq(name, "count") && form_of(wanted) == FORM_CONDITIONS) {
            CLEANUP(json_freep) json_t *length = length_of(have);
            CLEANUP(str_freep) char *inner = xasprintf("length of %s", path);
            if (!value_holds(length, wanted, inner, depth + 1, ret))
                return false;
            continue;
        }
        const struct condition *c = condition_find(name);
        if ((have || c->takes_missing) && c->holds(have, wanted))
            continue;
        differ(ret, path, c->phrase, wanted, have);
        return false;
    }
    return true;
}

static void differ_not(const json_t *predicate, struct predicate_difference *ret) {
    struct buf text = BUF_INIT;
    if (!ret)
        return;
    predicate_describe(predicate, &text);
    predicate_difference_release(ret);
    ret->expected = xasprintf("not: %s", buf_str(&text));
    ret->seen = xstrdup("just that");
    buf_release(&text);
}

/* all, any and not inside of a subset: about the value at its place. */
static bool inner_combination_holds(const char *name, const json_t *have, const json_t *want,
                                    const char *path, int depth, struct predicate_difference *ret) {
    if (str_eq(name, "not")) {
        bool holds = !value_holds(have, want, path, depth + 1, NULL);
        if (!holds)
            differ_not(want, ret);
        return holds;
    }
    bool any = str_eq(name, "any"), holds = !any;
    size_t i;
    json_t *one;
    json_array_foreach(want, i, one) {
        holds = value_holds(have, one, path, depth + 1, ret);
        if (holds == any)
            break;
    }
    return holds;
}

static bool subset_holds(const json_t *have, const json_t *want, const char *path, int depth,
                         struct predicate_difference *ret) {
    const char *key;
    json_t *wanted;
    if (!json_is_object(have) && json_object_size(want) == 0) {
        differ(ret, path, "is", want, have);
        return false;
    }
    json_object_foreach(json_mutable(want), key, wanted) {
        if (is_combination(key)) {
            if (!inner_combination_holds(key, have, wanted, path, depth, ret))
                return false;
            continue;
        }
        if (!json_is_object(have)) {
            differ(ret, path, "is", want, have);
            return false;
        }
        CLEANUP(str_freep) char *inner = xasprintf("%s.%s", path, key);
        if (!value_holds(json_object_get(have, key), wanted, inner, depth + 1, ret))
            return false;
    }
    return true;
}

static bool some_element_holds(const json_t *have, const json_t *wanted, int depth) {
    size_t i;
    json_t *element;
    json_array_foreach(have, i,
                       element) if (value_holds(element, wanted, "", depth + 1, NULL)) return true;
    return false;
}

static bool value_holds(const json_t *have, const json_t *want, const char *path, int depth,
                        struct predicate_difference *ret) {
    if (depth > DEPTH_MAX)
        return false;
    if (form_of(want) != FORM_VALUE)
        return form_of(want) == FORM_CONDITIONS && conditions_hold(have, want, path, depth, ret);
    if (json_is_object(want))
        return subset_holds(have, want, path, depth, ret);
    bool holds = have && condition_equal(have, want);
    if (json_is_array(want)) {
        holds = json_is_array(have) && json_array_size(have) >= json_array_size(want) &&
                (json_array_size(want) > 0 || json_array_size(have) == 0);
        size_t i;
        json_t *wanted;
        json_array_foreach(want, i, wanted) holds =
            holds && some_element_holds(have, wanted, depth);
    }
    if (!holds)
        differ(ret, path, json_is_array(want) ? "has" : "is", want, have);
    return holds;
}

static json_t *lookup_path(void *self, const char *name) {
    return json_incref(value_at(self, name));
}

static bool element_holds(const json_t *element, const json_t *predicate, int depth,
                          struct predicate_difference *ret) {
    if (!json_is_object(predicate) || form_of(predicate) == FORM_CONDITIONS)
        return value_holds(element, predicate, "", depth, ret);
    return predicate_holds_for(predicate, lookup_path, json_mutable(element), ret);
}

static bool combination_holds(const char *name, const json_t *list, predicate_lookup_fn *lookup,
                              void *self, struct predicate_difference *ret) {
    if (str_eq(name, "not")) {
        if (!predicate_holds_for(list, lookup, self, NULL))
            return true;
        differ_not(list, ret);
        return false;
    }
    size_t i;
    json_t *one;
    struct buf expected = BUF_INIT, seen = BUF_INIT;
    bool any = str_eq(name, "any"), holds = !any;
    json_array_foreach(list, i, one) {
        struct predicate_difference inner = {0};
        holds = predicate_holds_for(one, lookup, self, &inner);
        if (holds != any) {
            buf_addf(&expected, "%s%s", expected.len ? " or " : "",
                     inner.expected ? inner.expected : "");
            buf_addf(&seen, "%s%s", seen.len ? "; " : "", inner.seen ? inner.seen : "");
        }
        predicate_difference_release(&inner);
        if (holds == any)
            break;
    }
    if (!holds && ret) {
        predicate_difference_release(ret);
        ret->expected = xstrdup(buf_str(&expected));
        ret->seen = xstrdup(buf_str(&seen));
    }
    buf_release(&expected);
    buf_release(&seen);
    return holds;
}

bool predicate_holds_for(const json_t *predicate, predicate_lookup_fn *lookup, void *self,
                         struct predicate_difference *ret) {
    const char *name;
    json_t *want;
    json_object_foreach(json_mutable(predicate), name, want) {
        if (is_combination(name)) {
            if (!combination_holds(name, want, lookup, self, ret))
                return false;
            continue;
        }
        CLEANUP(json_freep) json_t *have = lookup(self, name);
        if (!value_holds(have, want, name, 0, ret))
            return false;
    }
    return true;
}

bool predicate_holds(const json_t *predicate, const json_t *seen,
                     struct predicate_difference *ret) {
    return predicate_holds_for(predicate, lookup_path, json_mutable(seen), ret);
}

static int check_value(const json_t *want, const char *path, int depth, struct err *err);

static int check_conditions(const json_t *want, const char *path, int depth, struct err *err) {
    const char *name;
    json_t *wanted;
    json_object_foreach(json_mutable(want), name, wanted) {
        if (is_quantifier(name)) {
            if (!json_is_object(wanted))
                return err_set(err, ERR_INPUT, "%s: %s takes a predicate over an element", path,
                               name);
            int rc = form_of(wanted) == FORM_CONDITIONS ? check_value(wanted, path, depth + 1, err)
                                                        : predicate_check(wanted, NULL, false, err);
            if (rc < 0)
                return rc;
            continue;
        }
        bool of_length = str_eq(name, "count") && form_of(wanted) == FORM_CONDITIONS;
        int rc = of_length ? check_value(wanted, path, depth + 1, err)
                           : condition_find(name)->check(wanted, err);
        if (rc < 0)
            return err_prefix(err, "%s: %s", path, name);
    }
    return 0;
}

static int check_value(const json_t *want, const char *path, int depth, struct err *err) {
    if (depth > DEPTH_MAX)
        return err_set(err, ERR_INPUT, "%s: nested too deeply", path);
    if (form_of(want) == FORM_MIXED)
        return err_set(err, ERR_INPUT, "%s: mixes conditions with names of members", path);
    if (form_of(want) == FORM_CONDITIONS)
        return check_conditions(want, path, depth, err);
    const char *key;
    size_t i;
    json_t *inner;
    if (json_is_object(want))
        json_object_foreach(json_mutable(want), key, inner) {
            bool list = str_eq(key, "all") || str_eq(key, "any");
            if ((list && !json_is_array(inner)) || (str_eq(key, "not") && !json_is_object(inner)))
                return err_set(err, ERR_INPUT, "%s: %s takes a %s", path, key,
                               list ? "list" : "mapping");
            if (check_value(inner, path, depth + 1, err) < 0)
                return ERR_INPUT;
        }
    json_array_foreach(want, i, inner) {
        if (check_value(inner, path, depth + 1, err) < 0)
            return ERR_INPUT;
    }
    return 0;
}

static int check_root(const char *path, const char *const roots[], struct err *err) {
    if (value_path_check(path, err) < 0)
        return ERR_INPUT;
    size_t len = strcspn(path, ".[");
    struct buf known = BUF_INIT;
    for (; roots && *roots; roots++) {
        if (strlen(*roots) == len && strncmp(*roots, path, len) == 0) {
            buf_release(&known);
            return 0;
        }
        buf_addf(&known, "%s%s", known.len ? ", " : "", *roots);
    }
    if (roots)
        err_set(err, ERR_INPUT, "there is no \"%.*s\" to look at here, expected one of %s",
                (int)len, path, buf_str(&known));
    buf_release(&known);
    return roots ? ERR_INPUT : 0;
}

static int check_combination(const char *name, const json_t *list, const char *const roots[],
                             bool names_are_values, struct err *err) {
    if (str_eq(name, "not"))
        return json_is_object(list) ? predicate_check(list, roots, names_are_values, err)
                                    : err_set(err, ERR_INPUT, "not takes a predicate");
    if (!json_is_array(list) || json_array_size(list) == 0)
        return err_set(err, ERR_INPUT, "%s takes a list of predicates", name);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (predicate_check(one, roots, names_are_values, err) <
                                         0) return ERR_INPUT;
    return 0;
}

int predicate_check(const json_t *predicate, const char *const roots[], bool names_are_values,
                    struct err *err) {
    if (!json_is_object(predicate) || json_object_size(predicate) == 0)
        return err_set(err, ERR_INPUT, "expected a predicate, a mapping like {exit: 0}");
    const char *name;
    json_t *want;
    json_object_foreach(json_mutable(predicate), name, want) {
        if (is_combination(name)) {
            if (check_combination(name, want, roots, names_are_values, err) < 0)
                return ERR_INPUT;
            continue;
        }
        if (!names_are_values && check_root(name, roots, err) < 0)
            return ERR_INPUT;
        if (check_value(want, name, 0, err) < 0)
            return ERR_INPUT;
    }
    return 0;
}

static void describe_member(const char *name, const json_t *want, struct buf *out) {
    if (form_of(want) != FORM_CONDITIONS) {
        CLEANUP(str_freep) char *text = value_line(want, LINE_MAX_BYTES);
        buf_addf(out, "%s is %s", name, text);
        return;
    }
    const char *condition, *joint = "";
    json_t *wanted;
    json_object_foreach(json_mutable(want), condition, wanted) {
        buf_adds(out, joint);
        joint = " and ";
        if (is_quantifier(condition)) {
            buf_addf(out, "%s of %s: ", condition, name);
            predicate_describe(wanted, out);
            continue;
        }
        CLEANUP(str_freep) char *text = value_line(wanted, LINE_MAX_BYTES);
        buf_addf(out, "%s %s %s", name, condition_find(condition)->phrase, text);
    }
}

void predicate_describe(const json_t *predicate, struct buf *out) {
    if (form_of(predicate) == FORM_CONDITIONS) {
        describe_member("it", predicate, out);
        return;
    }
    const char *name, *joint = "";
    json_t *want;
    json_object_foreach(json_mutable(predicate), name, want) {
        buf_adds(out, joint);
        joint = " and ";
        if (!is_combination(name)) {
            describe_member(name, want, out);
            continue;
        }
        if (str_eq(name, "not")) {
            buf_adds(out, "not (");
            predicate_describe(want, out);
            buf_addc(out, ')');
            continue;
        }
        size_t i;
        json_t *one;
        buf_addc(out, '(');
        json_array_foreach(want, i, one) {
            if (i > 0)
                buf_adds(out, str_eq(name, "any") ? " or " : " and ");
            predicate_describe(one, out);
        }
        buf_addc(out, ')');
    }
}

bool predicate_mentions(const json_t *predicate, const char *root) {
    const char *name;
    json_t *want;
    size_t i;
    json_t *one;
    json_object_foreach(json_mutable(predicate), name, want) {
        if (str_eq(name, "not") && predicate_mentions(want, root))
            return true;
        if (str_eq(name, "all") || str_eq(name, "any"))
            json_array_foreach(want, i, one) if (predicate_mentions(one, root)) return true;
        size_t len = strcspn(name, ".[");
        if (strlen(root) == len && strncmp(root, name, len) == 0)
            return true;
    }
    return false;
}
