/* What the subcommands' option parsers share. */
#ifndef CONFED_SIM_OPTIONS_H
#define CONFED_SIM_OPTIONS_H

#include <stdbool.h>

/* A number in [min, max]; else prints "confed-sim COMMAND: --OPTION TEXT: expected ..." to stderr.
 */
bool options_number(const char *command, const char *option, const char *text, double min,
                    double max, double *ret_value);

#endif
