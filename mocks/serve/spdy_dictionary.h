/* The zlib dictionary that both ends of SPDY/3 prime their header compression with. */
#ifndef CONFED_SERVE_SPDY_DICTIONARY_H
#define CONFED_SERVE_SPDY_DICTIONARY_H

enum { SPDY_DICTIONARY_LEN = 1423 };
extern const unsigned char spdy_dictionary[SPDY_DICTIONARY_LEN];

#endif
