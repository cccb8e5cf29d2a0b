/*
 * A certificate signing request as `openssl req -new` makes it:
 * -subj /O=team/O=other/CN=ann, -addext subjectAltName=DNS:ann.example,IP:10.1.2.3, and with
 * -addext basicConstraints=critical,CA:TRUE, which it must not get.
 */
#ifndef CONFED_UNIT_CSR_ANN_H
#define CONFED_UNIT_CSR_ANN_H

static const char csr_ann[] = "-----BEGIN CERTIFICATE REQUEST-----\n"
                              "MIIBKTCBzwIBADAtMQ0wCwYDVQQKDAR0ZWFtMQ4wDAYDVQQKDAVvdGhlcjEMMAoG\n"
                              "A1UEAwwDYW5uMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpUAOy+D6278nynUk\n"
                              "tipyi1TpQR+3uBJSPTExSboTqHtftUcw7Ope8M7P5WIAkf8A0mlJLepdshjX5y0G\n"
                              "gF7bjaBAMD4GCSqGSIb3DQEJDjExMC8wHAYDVR0RBBUwE4ILYW5uLmV4YW1wbGWH\n"
                              "BAoBAgMwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA0INfxErA\n"
                              "OH7wkYJuQzvrR9T9w8nT9aiqT8NVGoANU1ICIQDKxiYS/Xew6m0/wHU3aVpbfsHJ\n"
                              "hVNG64hjkCvCBHQQ2g==\n"
                              "-----END CERTIFICATE REQUEST-----\n";

#endif
