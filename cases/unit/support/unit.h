/*
 * What every cmocka test includes. cmocka leaves a failed assertion with longjmp, which skips
 * CLEANUP: keep what a test owns in its state, with setup and teardown.
 */
#ifndef CONFED_UNIT_H
#define CONFED_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
