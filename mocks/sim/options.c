#include "mocks/sim/options.h"

#include <stdio.h>
#include <stdlib.h>

bool options_number(const char *command, const char *option, const char *text, double min,
                    double max, double *ret_value) {
    char *end;
    double value = strtod(text, &end);
    if (*end == '\0' && end != text && value >= min && value <= max) {
        *ret_value = value;
        return true;
    }
    fprintf(stderr, "confed-sim %s: --%s %s: expected a number from %g to %g\n", command, option,
            text, min, max);
    return false;
}
