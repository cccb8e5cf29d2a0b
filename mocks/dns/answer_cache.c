#include "mocks/dns/answer_cache.h"

#include "harness/core/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    QUERY_MAX = 512,
    ANSWER_MAX = 1024,
    BYTES_MAX = 4 << 20, /* then all are forgotten: as good as any choice, and cheap */
    PLACES_MIN = 64,
    PROBES_MAX = 16,
    ALIGNMENT = 8,
    ID_SIZE = 2,
};

/* In bytes, followed by the question and the answer, both without their ids. */
struct entry {
    int64_t second; /* the only one in which it holds; 0: any */
    uint16_t query_len, answer_len;
    bool tcp;
};

/* Probed one after the other from the place that the hash says. */
struct place {
    uint32_t hash; /* 0: free */
    uint32_t at;   /* in bytes */
};

struct answer_cache {
    uint64_t version;
    struct place *places;
    size_t place_count, used; /* a power of two; at most half are used */
    uint8_t *bytes;
    size_t len, cap;
    enum answer_lifetime lifetime; /* of the answer under way */
    int64_t second;                /* in which that was shortened to a second */
};

struct answer_cache *answer_cache_new(void) {
    return xcalloc(1, sizeof(struct answer_cache));
}

void answer_cache_free(struct answer_cache *c) {
    if (!c)
        return;
    free(c->places);
    free(c->bytes);
    free(c);
}

static void forget_all(struct answer_cache *c) {
    if (c->used)
        memset(c->places, 0, c->place_count * sizeof(*c->places));
    c->used = c->len = 0;
}

/* Eight bytes at a time: names are long, and a byte at a time costs more than the comparison. */
static uint32_t hash_of(const struct answer_question *q) {
    const uint8_t *p = (const uint8_t *)q->query + ID_SIZE;
    size_t left = q->len - ID_SIZE;
    uint64_t h = left * 2 + q->tcp, word;
    for (; left >= sizeof(word); p += sizeof(word), left -= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    word = 0;
    memcpy(&word, p, left);
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
    return (uint32_t)h ? (uint32_t)h : 1;
}

static const struct entry *entry_at(const struct answer_cache *c, uint32_t at) {
    return (const struct entry *)(const void *)(c->bytes + at);
}

static bool is_for(const struct entry *e, const struct answer_question *q) {
    return e->query_len == q->len && e->tcp == q->tcp &&
           memcmp(e + 1, (const uint8_t *)q->query + ID_SIZE, q->len - ID_SIZE) == 0;
}

/* The question's place, or a free one; NULL: neither is near. */
static struct place *find(const struct answer_cache *c, const struct answer_question *q,
                          uint32_t hash) {
    for (size_t i = 0; i < PROBES_MAX && c->place_count; i++) {
        struct place *p = &c->places[(hash + i) & (c->place_count - 1)];
        if (!p->hash || (p->hash == hash && is_for(entry_at(c, p->at), q)))
            return p;
    }
    return NULL;
}

bool answer_cache_get(struct answer_cache *c, uint64_t version, const struct answer_question *q,
                      struct buf *reply) {
    c->lifetime = ANSWER_UNTIL_CHANGE;
    if (c->version != version) {
        forget_all(c);
        c->version = version;
        return false;
    }
    const struct place *p = find(c, q, hash_of(q));
    if (!p || !p->hash)
        return false;
    const struct entry *e = entry_at(c, p->at);
    if (e->second && e->second != clock_wall_ms() / 1000)
        return false;
    char *room = buf_reserve(reply, e->answer_len);
    if (!room)
        return false;
    memcpy(room, q->query, ID_SIZE);
    memcpy(room + ID_SIZE, (const uint8_t *)(e + 1) + e->query_len - ID_SIZE,
           (size_t)e->answer_len - ID_SIZE);
    reply->len += e->answer_len;
    reply->data[reply->len] = '\0';
    return true;
}

static void grow(struct answer_cache *c) {
    struct place *old = c->places;
    size_t old_count = c->place_count;
    c->place_count = old_count ? 2 * old_count : PLACES_MIN;
    c->places = xcalloc(c->place_count, sizeof(*c->places));
    c->used = 0;
    for (size_t i = 0; i < old_count; i++) {
        for (size_t k = 0; old[i].hash && k < PROBES_MAX; k++) {
            struct place *p = &c->places[(old[i].hash + k) & (c->place_count - 1)];
            if (p->hash)
                continue;
            *p = old[i];
            c->used++;
            break;
        }
    }
    free(old);
}

/* Room for an entry at the end of the bytes. */
static struct entry *append(struct answer_cache *c, size_t size) {
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (c->len + size > c->cap) {
        c->cap = c->cap ? 2 * c->cap : 16 << 10;
        c->bytes = xrealloc(c->bytes, c->cap);
    }
    struct entry *e = (struct entry *)(void *)(c->bytes + c->len);
    c->len += size;
    return e;
}

void answer_cache_put(struct answer_cache *c, const struct answer_question *q, const void *answer,
                      size_t len) {
    if (c->lifetime == ANSWER_ONCE || q->len > QUERY_MAX || len > ANSWER_MAX || len < ID_SIZE)
        return;
    size_t size = sizeof(struct entry) + q->len + len;
    if (c->len + size + ALIGNMENT > BYTES_MAX)
        forget_all(c);
    if (2 * (c->used + 1) > c->place_count)
        grow(c);
    uint32_t hash = hash_of(q);
    struct place *p = find(c, q, hash);
    if (!p)
        return;
    struct entry *e = append(c, size);
    *e = (struct entry){
        .second = c->lifetime == ANSWER_THIS_SECOND ? c->second : 0,
        .query_len = (uint16_t)q->len,
        .answer_len = (uint16_t)len,
        .tcp = q->tcp,
    };
    uint8_t *to = (uint8_t *)(e + 1);
    memcpy(to, (const uint8_t *)q->query + ID_SIZE, q->len - ID_SIZE);
    memcpy(to + q->len - ID_SIZE, (const uint8_t *)answer + ID_SIZE, len - ID_SIZE);
    c->used += !p->hash;
    *p = (struct place){hash, (uint32_t)((uint8_t *)e - c->bytes)};
}

void answer_cache_shorten(struct answer_cache *c, enum answer_lifetime lifetime) {
    if (lifetime <= c->lifetime)
        return;
    c->lifetime = lifetime;
    if (lifetime == ANSWER_THIS_SECOND)
        c->second = clock_wall_ms() / 1000;
}
