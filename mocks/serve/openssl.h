/* OpenSSL's headers, without the one typedef whose name is also an error code of ours. */
#ifndef CONFED_SERVE_OPENSSL_H
#define CONFED_SERVE_OPENSSL_H

#define ERR_STATE openssl_ERR_STATE
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#endif
